//! Signing in and out, and the invitations with which people choose their passwords.

use crate::console::{Console, Transport};
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::password;
use crate::signed_in::{SignedIn, Viewer, catalog_of, cookie, cookie_token, removal};
use askama::Template;
use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::{CookieJar, Form};
use catalog::{Invitation, Person, SignInLimits};
use http::request::Parts;
use lambda_http::request::RequestContext;
use pipeline::secret::Token;
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// An office may share one address; nobody mistypes a password this often.
pub const LIMITS: SignInLimits = SignInLimits { within: Duration::from_secs(15 * 60), for_name: 10, from_address: 50 };

pub fn outside() -> Router<Arc<Console>> {
    Router::new().route("/sign-in", get(form).post(sign_in)).route("/invitations/{token}", get(invitation).post(accept))
}

pub fn inside() -> Router<Arc<Console>> {
    Router::new().route("/sign-out", post(sign_out)).route("/sign-out-everywhere", post(sign_out_everywhere))
}

/// Where somebody who is not signed in goes, and what opens afterwards.
pub fn address(next: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/sign-in?{query}")
}

/// Only paths of this console, so that no link makes signing in lead elsewhere. Browsers read a backslash as a slash.
pub fn local(next: &str) -> &str {
    let is_local = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_local { next } else { "/" }
}

#[derive(Template, Default)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    message: Option<String>,
    /// What the issuer of OpenID Connect is called, if there is one.
    openid: Option<String>,
    /// Whether people may sign in with a password.
    has_accounts: bool,
    next: String,
    name: String,
}

impl SignInPage {
    fn new(console: &Console, next: &str) -> Self {
        let openid = console.openid.as_ref().map(|openid| openid.name.clone());
        let (frame, has_accounts) = (Frame::outside("Sign in"), console.has_accounts);
        Self { frame, openid, has_accounts, next: local(next).to_owned(), ..Self::default() }
    }
}

/// Refuses what has to do with passwords where people sign in with OpenID Connect alone.
fn require_accounts(console: &Console) -> Result<(), ConsoleError> {
    if console.has_accounts { Ok(()) } else { Err(ConsoleError::NoAccounts) }
}

#[derive(Debug, Deserialize)]
pub struct Next {
    #[serde(default)]
    pub next: String,
}

async fn form(
    State(console): State<Arc<Console>>,
    Query(Next { next }): Query<Next>,
) -> Result<impl IntoResponse, ConsoleError> {
    page(&SignInPage::new(&console, &next))
}

#[derive(Deserialize)]
struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn sign_in(
    State(console): State<Arc<Console>>,
    Address(address): Address,
    cookies: CookieJar,
    Form(form): Form<SignInForm>,
) -> Result<Response, ConsoleError> {
    require_accounts(&console)?;
    let name: String =
        form.name.trim().to_lowercase().chars().filter(|letter| !letter.is_control()).take(100).collect();
    if !console.catalog.begin_sign_in(&name, &address, &LIMITS).await? {
        tracing::warn!(address, "somebody tried to sign in too often");
        return Err(ConsoleError::TooManyAttempts);
    }
    let secret = console.catalog.sign_in_secret(&name).await?;
    let hash = secret.as_ref().map(|secret| secret.password_hash.as_str());
    let is_right = form.password.len() <= 4 * password::LONGEST && password::is_right(&form.password, hash);
    match secret.filter(|_| is_right) {
        Some(secret) => begin_session(&console, &secret.person, &address, cookies, local(&form.next)).await,
        None => {
            let message = Some("Name or password is wrong.".to_owned());
            let shown = SignInPage { message, name, ..SignInPage::new(&console, &form.next) };
            Ok((http::StatusCode::UNAUTHORIZED, page(&shown)?).into_response())
        }
    }
}

/// Always with a new token: one that was planted in the browser before is worth nothing.
pub async fn begin_session(
    console: &Console,
    person: &Person,
    address: &str,
    cookies: CookieJar,
    next: &str,
) -> Result<Response, ConsoleError> {
    if let Some(earlier) = cookie_token(&cookies, console.transport) {
        console.catalog.sign_out(&earlier.hash()).await?;
    }
    let token = Token::random();
    catalog_of(console, &person.name)?.sign_in(person, address, &token.hash()).await?;
    Ok((cookies.add(cookie(&token, console.transport)), Redirect::to(next)).into_response())
}

async fn sign_out(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    cookies: CookieJar,
) -> Result<Response, ConsoleError> {
    console.catalog.sign_out(&session.token().hash()).await?;
    Ok((cookies.add(removal(console.transport)), Redirect::to("/sign-in")).into_response())
}

async fn sign_out_everywhere(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    cookies: CookieJar,
) -> Result<Response, ConsoleError> {
    session.catalog(&console)?.sign_out_everywhere(session.person.id).await?;
    Ok((cookies.add(removal(console.transport)), Redirect::to("/sign-in")).into_response())
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    frame: Frame,
    message: Option<String>,
    token: String,
    invitation: Invitation,
    shortest: usize,
}

impl InvitationPage {
    fn new(token: String, invitation: Invitation, message: Option<String>) -> Self {
        let frame = Frame::outside("Choose a password");
        Self { frame, message, token, invitation, shortest: password::SHORTEST }
    }
}

fn used_up() -> ConsoleError {
    ConsoleError::Wrong("This invitation was used already, or it has expired. Ask for another one.".to_owned())
}

/// Shows the form only, so that a program that follows links uses nothing up.
async fn invitation(
    State(console): State<Arc<Console>>,
    Path(token): Path<String>,
) -> Result<impl IntoResponse, ConsoleError> {
    require_accounts(&console)?;
    let found = console.catalog.invitation(&Token::received(&token).hash()).await?;
    page(&InvitationPage::new(token, found.ok_or_else(used_up)?, None))
}

#[derive(Deserialize)]
struct Chosen {
    password: String,
    again: String,
}

async fn accept(
    State(console): State<Arc<Console>>,
    Address(address): Address,
    Path(token): Path<String>,
    cookies: CookieJar,
    Form(chosen): Form<Chosen>,
) -> Result<Response, ConsoleError> {
    require_accounts(&console)?;
    let hash = Token::received(&token).hash();
    let invitation = console.catalog.invitation(&hash).await?.ok_or_else(used_up)?;
    let objection = if chosen.password == chosen.again {
        password::objection(&chosen.password, &invitation.name)
    } else {
        Some("The two passwords differ.".to_owned())
    };
    if objection.is_some() {
        let shown = InvitationPage::new(token, invitation, objection);
        return Ok((http::StatusCode::UNPROCESSABLE_ENTITY, page(&shown)?).into_response());
    }
    let catalog = catalog_of(&console, &invitation.name)?;
    let person = catalog.accept_invitation(&hash, &password::hash(&chosen.password)?).await?.ok_or_else(used_up)?;
    begin_session(&console, &person, &address, cookies, "/").await
}

/// Where a request comes from: as the function's URL says it, or as the connection on loopback.
pub struct Address(pub String);

impl FromRequestParts<Arc<Console>> for Address {
    type Rejection = ConsoleError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, ConsoleError> {
        let address = match console.transport {
            Transport::Lambda => match parts.extensions.get() {
                Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
                _ => None,
            },
            Transport::Loopback => {
                parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_string())
            }
        };
        Ok(Self(address.unwrap_or_default().chars().take(100).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_this_console_only() {
        assert_eq!(local("/volumes?search=a"), "/volumes?search=a");
        for foreign in ["", "//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\nx"] {
            assert_eq!(local(foreign), "/", "{foreign:?}");
        }
        assert_eq!(address("/a?b=c&d"), "/sign-in?next=%2Fa%3Fb%3Dc%26d");
    }
}
