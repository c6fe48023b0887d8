use crate::console::Transport;
use crate::signed_in::hidden_cookie;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use catalog::SecretHash;
use pipeline::secret::{Token, is_same};
use std::time::Duration;

/// How long somebody may take at the issuer.
pub const VALID_FOR: Duration = Duration::from_secs(600);

/// One sign-in, from the button to the way back from the issuer. It is bound to the browser by a cookie with a random token,
/// from which everything else is derived. The database has the hash of the token.
#[derive(Debug)]
pub struct Transaction(Token);

impl Transaction {
    #[must_use]
    pub fn begin() -> Self {
        Self(Token::random())
    }

    /// The transaction of the browser's cookie, if the issuer returned its state.
    #[must_use]
    pub fn returned(cookies: &CookieJar, transport: Transport, state: &str) -> Option<Self> {
        let cookie = cookies.get(cookie_name(transport))?;
        let transaction = Self(Token::received(cookie.value()));
        is_same(state, &transaction.state()).then_some(transaction)
    }

    #[must_use]
    pub fn hash(&self) -> SecretHash {
        self.0.hash()
    }

    /// The issuer returns it, which shows that the answer belongs to this browser.
    #[must_use]
    pub fn state(&self) -> String {
        self.0.derived("openid state")
    }

    /// The issuer writes it into the ID token, which shows that the token was made for this sign-in.
    #[must_use]
    pub fn nonce(&self) -> String {
        self.0.derived("openid nonce")
    }

    /// The issuer gets its hash first and the verifier with the code, so that a stolen code is worth nothing (PKCE).
    #[must_use]
    pub fn verifier(&self) -> String {
        self.0.derived("openid verifier")
    }

    /// `SameSite=Lax`: the browser comes back from another site.
    #[must_use]
    pub fn cookie(&self, transport: Transport) -> Cookie<'static> {
        let mut cookie = hidden_cookie(cookie_name(transport), &self.0, transport);
        cookie.set_max_age(time::Duration::seconds(VALID_FOR.as_secs() as i64));
        cookie
    }

    /// Makes the browser forget the transaction.
    #[must_use]
    pub fn removal(transport: Transport) -> Cookie<'static> {
        let mut cookie = hidden_cookie(cookie_name(transport), &Token::received(""), transport);
        cookie.make_removal();
        cookie
    }
}

const fn cookie_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Lambda => "__Host-quire-openid",
        Transport::Loopback => "quire-openid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_short_lived_and_hidden() {
        let cookie = Transaction(Token::received("secret")).cookie(Transport::Lambda).to_string();
        assert_eq!(cookie, "__Host-quire-openid=secret; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600");
        assert!(Transaction::removal(Transport::Loopback).to_string().contains("Max-Age=0"));
    }

    #[test]
    fn what_the_issuer_sees_differs_and_tells_nothing_about_the_cookie() {
        let transaction = Transaction::begin();
        let seen = [transaction.state(), transaction.nonce(), transaction.verifier(), transaction.0.form_token()];
        let all: std::collections::HashSet<&str> =
            seen.iter().map(String::as_str).chain([transaction.0.reveal()]).collect();
        assert_eq!(all.len(), 5);
        // RFC 7636, section 4.1: 43 to 128 unreserved characters.
        assert!(seen[2].len() == 64 && seen[2].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn only_the_browser_that_began_comes_back() {
        let [mine, other] = [Transaction::begin(), Transaction::begin()];
        let jar = CookieJar::new().add(mine.cookie(Transport::Loopback));
        let returned = |jar: &CookieJar, state: &str| Transaction::returned(jar, Transport::Loopback, state).is_some();
        assert!(returned(&jar, &mine.state()));
        for state in [other.state(), mine.nonce(), String::new()] {
            assert!(!returned(&jar, &state), "{state}");
        }
        assert!(!returned(&CookieJar::new(), &mine.state()));
    }
}
