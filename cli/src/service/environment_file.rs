//! The file of KEY=VALUE lines that `cargo xtask up` writes.

use super::error::ServiceError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Relative to the root of the workspace, where `cargo xtask up` runs.
const DEFAULT: &str = "target/stack/environment";

#[derive(Debug, Default)]
pub struct EnvironmentFile {
    /// None if there is no file.
    pub path: Option<PathBuf>,
    values: BTreeMap<String, String>,
}

impl EnvironmentFile {
    /// Reads the named file, which must exist, or the default file, if it exists.
    pub fn read(named: Option<&Path>) -> Result<Self, ServiceError> {
        let path = named.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new(DEFAULT));
        let is_named = path != Path::new(DEFAULT);
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self { path: Some(path.to_owned()), values: parse(&text, path)? }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_named => Ok(Self::default()),
            Err(cause) => Err(ServiceError::EnvironmentFile { path: path.to_owned(), cause }),
        }
    }

    /// An empty value counts as none.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.values.get(variable).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The settings of the AWS SDK.
    pub fn aws(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter(|(key, _)| key.starts_with("AWS_")).map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

/// Skips comments and empty lines, and removes `export` and quotes, so that a file for a shell can be read.
fn parse(text: &str, path: &Path) -> Result<BTreeMap<String, String>, ServiceError> {
    let is_setting = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let numbered = text.lines().map(str::trim).enumerate().filter(|(_, line)| is_setting(line));
    numbered
        .map(|(index, line)| {
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

/// As in a shell, `'\''` is a quote between single quotes.
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
    fn settings_are_read_as_a_shell_reads_them() {
        let text = "# the stack\n\nQUIRE_HOME='/a home/it'\\''s'\nDATABASE_URL=postgres://a:b=c@127.0.0.1/d?x=y#z\nexport A='x y'\n B = \"\" \nC=\"\n";
        let url = "postgres://a:b=c@127.0.0.1/d?x=y#z";
        let expected = [("A", "x y"), ("B", ""), ("C", "\""), ("DATABASE_URL", url), ("QUIRE_HOME", "/a home/it's")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(read(text), Ok(BTreeMap::from(expected)));
    }

    #[test]
    fn an_error_gives_the_number_of_the_line_but_not_its_text() {
        let message = read("A=1\npostgres://user:hunter2@host\n").unwrap_err();
        assert!(message.contains("line 2") && !message.contains("hunter2"), "{message}");
        assert!(read("A B=1").is_err());
    }

    #[test]
    fn only_a_named_file_must_exist() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        assert_eq!(EnvironmentFile::read(Some(&missing)).unwrap_err().code(), "settings.file");
        assert!(EnvironmentFile::read(Some(Path::new(""))).is_ok());
    }

    #[test]
    fn an_empty_value_counts_as_none() {
        let values = read("A=\nAWS_REGION=here\nB=1").unwrap();
        let file = EnvironmentFile { path: None, values };
        assert_eq!((file.get("A"), file.get("B")), (None, Some("1")));
        assert_eq!(file.aws().collect::<Vec<_>>(), [("AWS_REGION", "here")]);
    }
}
