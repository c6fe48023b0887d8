//! The file of KEY=VALUE lines that `cargo xtask up` writes.

use super::ServiceError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where `cargo xtask up` writes it, seen from the workspace's root.
const DEFAULT: &str = "target/stack/environment";

/// What the file says; nothing when there is none.
#[derive(Debug, Default)]
pub struct EnvironmentFile {
    /// Which file it was.
    pub path: Option<PathBuf>,
    values: BTreeMap<String, String>,
}

impl EnvironmentFile {
    /// Reads the file that was named, or the one at the usual place when it is there.
    ///
    /// # Errors
    /// When a file cannot be read, or a line of it is no setting.
    pub fn read(named: Option<&Path>) -> Result<Self, ServiceError> {
        let path = named.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new(DEFAULT));
        let is_named = path != Path::new(DEFAULT);
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self { path: Some(path.to_owned()), values: parse(&text, path)? }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_named => Ok(Self::default()),
            Err(cause) => Err(ServiceError::EnvironmentFile { path: path.to_owned(), cause }),
        }
    }

    /// The value of a variable; an empty one counts as none.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.values.get(variable).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The settings of AWS's own libraries.
    pub fn aws(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter(|(key, _)| key.starts_with("AWS_")).map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// Comments and empty lines are skipped; `export` before a setting and quotes around a value are taken off, so that a
/// file that a shell reads is read here, too.
fn parse(text: &str, path: &Path) -> Result<BTreeMap<String, String>, ServiceError> {
    let is_setting = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let numbered = text.lines().map(str::trim).enumerate().filter(|(_, line)| is_setting(line));
    numbered
        .map(|(index, line)| {
            // Not the line itself: it may hold a password.
            setting(line).ok_or_else(|| ServiceError::EnvironmentLine { path: path.to_owned(), line: index + 1 })
        })
        .collect()
}

fn setting(line: &str) -> Option<(String, String)> {
    let (key, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let key = key.trim();
    let is_name = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| (key.to_owned(), unquoted(value.trim())))
}

/// A quote between single quotes is written as a shell wants it: the quotes end, the quote follows, they begin again.
fn unquoted(value: &str) -> String {
    let between = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let single = between('\'').map(|text| text.replace(r"'\''", "'"));
    single.unwrap_or_else(|| between('"').unwrap_or(value).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, String>, String> {
        parse(text, Path::new("environment")).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_are_read_as_a_shell_would() {
        let text = "# the stack\n\nQUIRE_HOME='/a home/it'\\''s'\nDATABASE_URL=postgres://a:b=c@127.0.0.1/d?x=y#z\nexport A='x y'\n B = \"\" \nC=\"\n";
        let url = "postgres://a:b=c@127.0.0.1/d?x=y#z";
        let expected = [("A", "x y"), ("B", ""), ("C", "\""), ("DATABASE_URL", url), ("QUIRE_HOME", "/a home/it's")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(read(text), Ok(BTreeMap::from(expected)));
    }

    #[test]
    fn a_wrong_line_is_named_and_not_shown() {
        let message = read("A=1\npostgres://user:hunter2@host\n").unwrap_err();
        assert!(message.contains("line 2") && !message.contains("hunter2"), "{message}");
        assert!(read("A B=1").is_err());
    }

    #[test]
    fn only_a_file_that_was_named_must_be_there() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        assert_eq!(EnvironmentFile::read(Some(&missing)).unwrap_err().code(), "settings.file");
        assert!(EnvironmentFile::read(Some(Path::new(""))).is_ok());
    }

    #[test]
    fn an_empty_value_is_none() {
        let values = read("A=\nAWS_REGION=here\nB=1").unwrap();
        let file = EnvironmentFile { path: None, values };
        assert_eq!((file.get("A"), file.get("B")), (None, Some("1")));
        assert_eq!(file.aws().collect::<Vec<_>>(), [("AWS_REGION", "here")]);
    }
}
