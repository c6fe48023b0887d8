//! Who sent a request, and what that person may do. A handler names the role that it asks for in its signature, so none can
//! forget it.

use crate::console::{Console, Transport};
use crate::error::ConsoleError;
use crate::frame::Frame;
use axum::extract::FromRequestParts;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use catalog::{Catalog, Person};
use domain::{Actor, Role};
use http::request::Parts;
use pipeline::secret::Token;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// A session ends then, whatever happens.
pub const LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// A session that nobody uses ends then.
pub const IDLE: Duration = Duration::from_secs(12 * 3_600);

/// The least role that a handler asks for.
pub trait Rank: Send + Sync + 'static {
    const ROLE: Role;
}

macro_rules! ranks {
    ($($rank:ident),*) => { $(
        #[derive(Debug)]
        pub struct $rank;
        impl Rank for $rank {
            const ROLE: Role = Role::$rank;
        }
    )* };
}

ranks!(Viewer, Reviewer, Operator, Admin);

/// A person with at least the role of `R`.
#[derive(Debug)]
pub struct SignedIn<R> {
    pub person: Person,
    token: Token,
    rank: PhantomData<R>,
}

impl<R> SignedIn<R> {
    /// What the frame of a page shows.
    pub fn frame(&self, title: impl Into<String>) -> Frame {
        Frame::of(title.into(), &self.person, self.token.form_token())
    }

    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// The catalog whose changes are recorded as made by this person.
    pub fn catalog(&self, console: &Console) -> Result<Catalog, ConsoleError> {
        catalog_of(console, &self.person.name)
    }
}

/// The catalog whose changes are recorded as made by the person with this name.
pub fn catalog_of(console: &Console, name: &str) -> Result<Catalog, ConsoleError> {
    let actor: Result<Actor, _> = name.parse();
    let actor = actor.map_err(|_| ConsoleError::Wrong("Your name cannot be recorded.".to_owned()))?;
    Ok(console.catalog.acting_as(&actor))
}

impl<R: Rank> FromRequestParts<Arc<Console>> for SignedIn<R> {
    type Rejection = ConsoleError;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, ConsoleError> {
        let (person, token) = session(parts, console).await?.ok_or_else(|| ConsoleError::not_signed_in(parts))?;
        if person.role < R::ROLE {
            return Err(ConsoleError::Forbidden { needs: R::ROLE, has: person.role });
        }
        Ok(Self { person, token, rank: PhantomData })
    }
}

/// The person of the request's cookie, and the token in it.
pub async fn session(parts: &Parts, console: &Console) -> Result<Option<(Person, Token)>, ConsoleError> {
    let Some(token) = cookie_token(&CookieJar::from_headers(&parts.headers), console.transport) else {
        return Ok(None);
    };
    let person = console.catalog.session(&token.hash(), LIFETIME, IDLE).await?;
    Ok(person.map(|person| (person, token)))
}

/// The token in the session's cookie, if there is one. It may be wrong.
pub fn cookie_token(cookies: &CookieJar, transport: Transport) -> Option<Token> {
    cookies.get(cookie_name(transport)).map(|cookie| Token::received(cookie.value()))
}

/// The prefix makes browsers refuse the cookie from a subdomain or without TLS. On loopback there is no TLS.
const fn cookie_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Lambda => "__Host-quire",
        Transport::Loopback => "quire",
    }
}

/// The cookie of a session.
pub fn cookie(token: &Token, transport: Transport) -> Cookie<'static> {
    hidden_cookie(cookie_name(transport), token, transport)
}

/// A cookie that no script sees and that no other site can make the browser send with a change.
pub fn hidden_cookie(name: &'static str, token: &Token, transport: Transport) -> Cookie<'static> {
    Cookie::build((name, token.reveal().to_owned()))
        .path("/")
        .http_only(true)
        .secure(transport == Transport::Lambda)
        .same_site(SameSite::Lax)
        .build()
}

/// Makes the browser forget the session.
pub fn removal(transport: Transport) -> Cookie<'static> {
    let mut cookie = cookie(&Token::received(""), transport);
    cookie.make_removal();
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_hidden_from_scripts_and_other_sites() {
        let token = Token::received("secret");
        let on_lambda = cookie(&token, Transport::Lambda).to_string();
        assert_eq!(on_lambda, "__Host-quire=secret; HttpOnly; SameSite=Lax; Secure; Path=/");
        let on_loopback = cookie(&token, Transport::Loopback).to_string();
        assert_eq!(on_loopback, "quire=secret; HttpOnly; SameSite=Lax; Path=/");
        assert!(removal(Transport::Lambda).to_string().contains("Max-Age=0"));
    }

    #[test]
    fn roles_are_ordered() {
        let roles = [Viewer::ROLE, Reviewer::ROLE, Operator::ROLE, Admin::ROLE];
        assert!(roles.is_sorted() && roles.as_slice() == Role::ALL);
    }
}
