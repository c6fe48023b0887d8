//! Signing in with OpenID Connect: to the issuer, and back.

use super::sign_in::{Address, Next, begin_session, local};
use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::openid::{Claims, OpenId, OpenIdError, Transaction, VALID_FOR};
use crate::signed_in::catalog_of;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::{CookieJar, Form};
use catalog::{OpenIdEntry, OpenIdIdentity, Person, SignInLimits};
use http::HeaderMap;
use http::header::{HOST, REFRESH};
use http::uri::Authority;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Nobody says a name before the issuer does, so only the address counts.
const LIMITS: SignInLimits = SignInLimits { for_name: i64::MAX, ..super::sign_in::LIMITS };

/// Where the issuer sends browsers back to, below the console's address.
const CALLBACK: &str = "/sign-in/openid/callback";

/// The longest path that a sign-in leads to. Others lead to the first screen.
const LONGEST_NEXT: usize = 2_000;

pub fn outside() -> Router<Arc<Console>> {
    Router::new().route("/sign-in/openid", post(begin)).route(CALLBACK, get(callback))
}

fn configured(console: &Console) -> Result<&OpenId, ConsoleError> {
    console.openid.as_ref().ok_or(ConsoleError::NotFound)
}

/// The issuer sends nobody to an address that is not registered there, whatever the browser calls this host.
fn redirect(console: &Console, headers: &HeaderMap) -> Result<String, ConsoleError> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).and_then(|host| host.parse::<Authority>().ok());
    let host = host.ok_or_else(|| ConsoleError::Wrong("The request names no host.".to_owned()))?;
    Ok(format!("{}://{host}{CALLBACK}", console.transport.scheme()))
}

#[derive(Template)]
#[template(path = "openid.html")]
struct LeavingPage {
    frame: Frame,
    name: String,
    url: String,
}

/// Answers with a page that leads on, because browsers hold a redirect of a form to the rule `form-action` of the policy,
/// and so does every further redirect at the issuer.
async fn begin(
    State(console): State<Arc<Console>>,
    Address(address): Address,
    headers: HeaderMap,
    cookies: CookieJar,
    Form(Next { next }): Form<Next>,
) -> Result<Response, ConsoleError> {
    let openid = configured(&console)?;
    if !console.catalog.begin_sign_in("", &address, &LIMITS).await? {
        tracing::warn!(address, "somebody tried to sign in too often");
        return Err(ConsoleError::TooManyAttempts);
    }
    let transaction = Transaction::begin();
    let url = openid.authorization_url(&transaction, &redirect(&console, &headers)?).await?;
    let next = Some(local(&next)).filter(|next| next.chars().count() <= LONGEST_NEXT).unwrap_or("/");
    console.catalog.begin_openid_sign_in(&transaction.hash(), next).await?;
    let refresh = format!("0; url={url}");
    let shown = LeavingPage { frame: Frame::outside("Signing in"), name: openid.name.clone(), url };
    Ok((cookies.add(transaction.cookie(console.transport)), [(REFRESH, refresh)], page(&shown)?).into_response())
}

/// What the issuer sends with the browser.
#[derive(Deserialize)]
struct Returned {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

async fn callback(
    State(console): State<Arc<Console>>,
    Address(address): Address,
    headers: HeaderMap,
    cookies: CookieJar,
    Query(returned): Query<Returned>,
) -> Result<Response, ConsoleError> {
    let openid = configured(&console)?;
    let transaction = Transaction::returned(&cookies, console.transport, &returned.state);
    let transaction = transaction.ok_or(OpenIdError::NotBegun)?;
    // Whatever comes out of it, it is used up now.
    let next = console.catalog.take_openid_sign_in(&transaction.hash(), VALID_FOR).await?;
    let next = next.ok_or(OpenIdError::NotBegun)?;
    let code = code(openid, returned)?;
    let claims = openid.claims(&code, &transaction, &redirect(&console, &headers)?).await?;
    let person = enter(&console, openid, &claims, &address).await?;
    let cookies = cookies.add(Transaction::removal(console.transport));
    begin_session(&console, &person, &address, cookies, &next).await
}

fn code(openid: &OpenId, returned: Returned) -> Result<String, OpenIdError> {
    if !openid.is_issuer(returned.iss.as_deref()) {
        return Err(OpenIdError::Untrusted("the answer names another issuer".to_owned()));
    }
    let no_reason = || "no_code".to_owned();
    let denied = |reason: String| OpenIdError::Denied(reason.chars().take(50).collect());
    returned.code.ok_or_else(|| denied(returned.error.unwrap_or_else(no_reason)))
}

/// The person of an identity that is proven. Who is refused is recorded: as nobody, if it is no person of this console,
/// because people may choose the name of somebody else at the issuer.
async fn enter(
    console: &Console,
    openid: &OpenId,
    Claims { identity, groups }: &Claims,
    address: &str,
) -> Result<Person, ConsoleError> {
    let (catalog, error) = match openid.role(groups) {
        None => (console.catalog.clone(), OpenIdError::NoGroup { name: identity.name.clone() }),
        Some(role) => match console.catalog.enter_with_openid(identity, role).await? {
            OpenIdEntry::Allowed(person) => return Ok(person),
            OpenIdEntry::Revoked(Person { name, .. }) => (catalog_of(console, &name)?, OpenIdError::Revoked { name }),
        },
    };
    let OpenIdIdentity { name, subject, .. } = identity;
    let (code, message) = (error.code().as_str(), error.code().meaning());
    let detail = json!({ "code": code, "message": message, "name": name, "subject": subject, "address": address });
    catalog.record_activity("sign_in_refused", detail).await?;
    Err(error.into())
}
