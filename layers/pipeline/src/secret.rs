//! Random tokens of people: for a session, and for the link of an invitation.

use catalog::SecretHash;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A text of 244 random bits that whoever has it may use: for a session or an invitation.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    #[must_use]
    pub fn random() -> Self {
        let [one, other] = [(); 2].map(|()| Uuid::new_v4().simple());
        Self(format!("{one}{other}"))
    }

    /// A text that somebody sent. It may be no token at all.
    #[must_use]
    pub fn received(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the database has of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Another secret for one purpose. It tells nothing about the token.
    #[must_use]
    pub fn derived(&self, purpose: &str) -> String {
        Sha256::digest(format!("{purpose} {}", self.0)).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The token that every form of a session holds. Only pages of the console can know it, because the browser shows the
    /// cookie to no script and to no other site.
    #[must_use]
    pub fn form_token(&self) -> String {
        self.derived("form")
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// Compares in a time that does not depend on where they differ: hashes of guesses cannot be steered.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    Sha256::digest(one.as_bytes()) == Sha256::digest(other.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_hide() {
        let [one, other] = [(); 2].map(|()| Token::random());
        assert_eq!(one.reveal().len(), 64);
        assert_ne!(one, other);
        assert_ne!(one.form_token(), other.form_token());
        assert_ne!(one.form_token(), one.reveal());
        assert_eq!(format!("{one:?}"), "Token(…)");
    }

    #[test]
    fn a_received_token_has_the_hash_of_the_sent_one() {
        let token = Token::random();
        assert_eq!(Token::received(token.reveal()).hash(), token.hash());
        assert!(is_same("a", "a") && !is_same("a", "b") && !is_same("", "a"));
    }
}
