//! Passwords, hashed with Argon2id and OWASP's parameters (19 MiB, two passes, one lane).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};

/// NIST SP 800-63B-4 asks for 15 characters where a password is the only factor.
pub const SHORTEST: usize = 15;

/// A longer text is no password but an attack on the memory of the function.
pub const LONGEST: usize = 200;

/// Why a password was not taken. A sentence for the person who chose it.
pub fn objection(password: &str, name: &str) -> Option<String> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    if length < SHORTEST {
        return Some(format!(
            "It has {length} characters and needs at least {SHORTEST}. A few words in a row are good."
        ));
    }
    if length > LONGEST {
        return Some(format!("It has more than {LONGEST} characters."));
    }
    let different = password.chars().collect::<std::collections::HashSet<_>>().len();
    if different < 5 || lower.contains(&name.to_lowercase()) && length < SHORTEST + name.chars().count() {
        return Some("It is too easy to guess. A few words in a row are good.".to_owned());
    }
    None
}

/// # Errors
/// When the system has no random numbers.
pub fn hash(password: &str) -> Result<String, Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

/// Whether the password is the one that was hashed. Without a hash, as much time passes, so that nobody learns which names
/// exist.
#[must_use]
pub fn is_right(password: &str, hash: Option<&str>) -> bool {
    let argon = Argon2::default();
    match hash.map(PasswordHash::new) {
        Some(Ok(parsed)) => argon.verify_password(password.as_bytes(), &parsed).is_ok(),
        _ => {
            // The result does not matter, only the time.
            drop(argon.hash_password(password.as_bytes()));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_chosen_password_is_right() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(is_right("correct horse battery", Some(&hash)));
        for wrong in ["", "correct horse batterz", &hash] {
            assert!(!is_right(wrong, Some(&hash)), "{wrong}");
        }
        assert!(!is_right("correct horse battery", None) && !is_right("", Some("no hash")));
    }

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        for weak in ["", "short", "aaaaaaaaaaaaaaaaaaaa", "ada@example.org1", &"long".repeat(60)] {
            assert!(objection(weak, "ada@example.org").is_some(), "{weak}");
        }
        assert_eq!(objection("correct horse battery", "ada@example.org"), None);
    }
}
