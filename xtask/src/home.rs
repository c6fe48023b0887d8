//! The directory of the installed things: `$QUIRE_HOME`, else `$XDG_DATA_HOME/quire`, else
//! `~/.local/share/quire`. The engine looks for libraries and models in the same places.

use crate::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The directory of the installed things.
#[derive(Debug, Clone)]
pub struct QuireHome(PathBuf);

impl QuireHome {
    /// The directory that the environment names.
    pub fn locate() -> Result<Self, Error> {
        let Self(directory) = Self::among(|name| std::env::var_os(name))?;
        // The tests run in other directories than this task.
        std::path::absolute(&directory).map(Self).map_err(Error::file("finding", &directory))
    }

    /// A given directory.
    #[cfg(test)]
    pub fn at(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// The directory itself.
    pub fn directory(&self) -> &Path {
        &self.0
    }

    fn among(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        set("QUIRE_HOME")
            .or_else(|| set("XDG_DATA_HOME").map(|data| data.join("quire")))
            .or_else(|| set("HOME").map(|home| home.join(".local/share/quire")))
            .map(Self)
            .ok_or(Error::NoHome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(variables: &[(&str, &str)]) -> Option<PathBuf> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        QuireHome::among(find).ok().map(|home| home.0)
    }

    #[test]
    fn the_more_particular_variable_wins() {
        let all = [("QUIRE_HOME", "/q"), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(located(&all), Some("/q".into()));
        assert_eq!(located(&all[1..]), Some("/x/quire".into()));
        assert_eq!(located(&all[2..]), Some("/h/.local/share/quire".into()));
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert_eq!(located(&[("QUIRE_HOME", ""), ("HOME", "/h")]), Some("/h/.local/share/quire".into()));
        assert_eq!(located(&[("HOME", "")]), None);
    }
}
