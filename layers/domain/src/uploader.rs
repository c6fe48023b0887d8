//! Who uploaded a volume.

use std::fmt;

/// Whoever uploaded a volume, as S3 names them. The name only tells uploaders apart: they may have chosen parts of it, such
/// as the name of a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uploader(String);

impl Uploader {
    /// The longest name, in characters. `migrations` has the same limit, and AWS's names are shorter.
    pub const LONGEST: usize = 200;

    /// From the names of an AWS identity and of the person for whom it uploads, as far as they are known. Control
    /// characters are left out, and a name that is too long is cut. None if nobody is named.
    #[must_use]
    pub fn of(names: &[Option<&str>]) -> Option<Self> {
        let names: Vec<&str> = names.iter().flatten().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        let joined = names.join(" ");
        let name: String = joined.chars().filter(|character| !character.is_control()).take(Self::LONGEST).collect();
        (!name.is_empty()).then_some(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uploader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[Option<&str>]) -> Option<String> {
        Uploader::of(names).map(|uploader| uploader.to_string())
    }

    #[test]
    fn an_uploader_is_an_identity_and_perhaps_a_person() {
        let identity = "AWS:AROAEXAMPLE:console";
        assert_eq!(of(&[Some(identity), None]).as_deref(), Some(identity));
        assert_eq!(of(&[Some(identity), Some("person 7")]).unwrap(), format!("{identity} person 7"));
        assert_eq!(of(&[None, Some("person 7")]).as_deref(), Some("person 7"));
    }

    #[test]
    fn nobody_is_no_uploader() {
        for names in [&[][..], &[None, None], &[Some(""), Some(" \n")], &[Some("\u{1b}\0")]] {
            assert_eq!(of(names), None, "{names:?}");
        }
    }

    #[test]
    fn a_hostile_name_is_short_and_has_no_control_characters() {
        assert_eq!(of(&[Some("a\0b\u{1b}[31m\nc\u{85}d")]).as_deref(), Some("ab[31mcd"));
        let endless = "é".repeat(1_000_000);
        assert_eq!(of(&[Some(&endless), Some("person 7")]), Some("é".repeat(Uploader::LONGEST)));
    }
}
