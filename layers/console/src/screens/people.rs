//! People: who may do what, and invitations.

use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{Admin, SignedIn, Viewer};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum_extra::extract::Form;
use catalog::PersonSummary;
use domain::{Actor, Role};
use http::HeaderMap;
use http::header::HOST;
use pipeline::invitation;
use serde::Deserialize;
use std::sync::Arc;

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/people", get(people))
        .route("/people/invite", post(invite))
        .route("/people/{person}/role", post(change_role))
        .route("/people/{person}/revoke", post(revoke))
        .route("/people/{person}/readmit", post(readmit))
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    people: Vec<PersonSummary>,
    /// Whether people may sign in with a password.
    has_accounts: bool,
}

async fn people(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
) -> Result<impl IntoResponse, ConsoleError> {
    let people = console.catalog.people().await?;
    let (frame, has_accounts) = (session.frame("People").section("/people"), console.has_accounts);
    page(&PeoplePage { frame, people, has_accounts })
}

#[derive(Debug, Deserialize)]
struct NewPerson {
    name: String,
    role: String,
}

fn role(text: &str) -> Result<Role, ConsoleError> {
    text.parse().map_err(|_| ConsoleError::Wrong(format!("There is no role {text:?}.")))
}

#[derive(Template)]
#[template(path = "invited.html")]
struct InvitedPage {
    frame: Frame,
    name: String,
    link: String,
    expires: String,
}

async fn invite(
    State(console): State<Arc<Console>>,
    session: SignedIn<Admin>,
    headers: HeaderMap,
    Form(new): Form<NewPerson>,
) -> Result<impl IntoResponse, ConsoleError> {
    let name: Actor =
        new.name.parse().map_err(|error| ConsoleError::Wrong(format!("{:?} cannot be used: {error}.", new.name)))?;
    let catalog = session.catalog(&console)?;
    let link = invitation::invite(&catalog, &name, role(&new.role)?).await?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    page(&InvitedPage {
        frame: session.frame("Invitation").section("/people"),
        name: name.to_string(),
        link: format!("{}://{host}{}", console.transport.scheme(), link.path),
        expires: words::minute(&link.expires_at),
    })
}

#[derive(Debug, Deserialize)]
struct NewRole {
    role: String,
}

async fn change_role(
    State(console): State<Arc<Console>>,
    session: SignedIn<Admin>,
    Path(person): Path<i64>,
    Form(new): Form<NewRole>,
) -> Result<Redirect, ConsoleError> {
    session.catalog(&console)?.change_role(person, role(&new.role)?).await?;
    Ok(Redirect::to("/people"))
}

async fn revoke(
    State(console): State<Arc<Console>>,
    session: SignedIn<Admin>,
    Path(person): Path<i64>,
) -> Result<Redirect, ConsoleError> {
    session.catalog(&console)?.revoke(person).await?;
    Ok(Redirect::to("/people"))
}

async fn readmit(
    State(console): State<Arc<Console>>,
    session: SignedIn<Admin>,
    Path(person): Path<i64>,
) -> Result<Redirect, ConsoleError> {
    session.catalog(&console)?.readmit(person).await?;
    Ok(Redirect::to("/people"))
}
