//! Who acts.

use std::fmt;
use std::str::FromStr;

/// The longest name, in characters.
const LONGEST: usize = 100;

/// The name of the person, or of the program, that acts on a scan. The scan's timeline shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {LONGEST} characters and no control characters")]
pub struct ActorError;

impl Actor {
    /// A user of the system that has no name.
    pub fn of_number(number: u32) -> Self {
        Self(format!("user {number}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        let is_name = !name.is_empty() && name.chars().count() <= LONGEST && !name.contains(char::is_control);
        is_name.then(|| Self(name.to_owned())).ok_or(ActorError)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(" Ada Lovelace ".parse::<Actor>().unwrap().to_string(), "Ada Lovelace");
        for wrong in ["", "  ", "a\nb", "a\u{1b}", "a\0", &"a".repeat(101)] {
            assert_eq!(wrong.parse::<Actor>(), Err(ActorError), "{wrong:?}");
        }
    }
}
