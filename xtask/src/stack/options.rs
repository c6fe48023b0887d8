//! What `up` and `down` are told on the command line.

use crate::workspace;
use clap::Args;
use std::path::PathBuf;

/// PostgreSQL's own port is often taken.
const POSTGRES_PORT: u16 = 5433;

/// LocalStack's own port.
const LOCALSTACK_PORT: u16 = 4566;

/// What takes minutes in production takes seconds in the tests. The schedule of `reconcile` stays a minute.
const TEST_PARAMETERS: [(&str, &str); 10] = [
    ("Model", "small"),
    ("Ocr", "false"),
    ("RangePages", "2"),
    ("HeartbeatSeconds", "2"),
    ("StaleAfterSeconds", "20"),
    ("BackoffBaseSeconds", "1"),
    ("BackoffCapSeconds", "1"),
    ("RevivalGraceSeconds", "3"),
    ("ResendAfterSeconds", "30"),
    ("ReconcileSchedule", "rate(1 minute)"),
];

/// How the stack is started.
#[derive(Args, Debug, Clone, Default)]
pub struct UpOptions {
    /// Directory of the stack's data, logs and records; two stacks at once need two.
    #[arg(long = "state", value_name = "DIRECTORY", env = "QUIRE_STACK")]
    directory: Option<PathBuf>,
    /// PostgreSQL's port; the next free one is taken when a stranger has it.
    #[arg(long, default_value_t = POSTGRES_PORT)]
    pub postgres_port: u16,
    /// LocalStack's port; the next free one is taken when a stranger has it.
    #[arg(long, default_value_t = LOCALSTACK_PORT)]
    pub localstack_port: u16,
    /// Build the functions with kill points, for the tests.
    #[arg(long)]
    pub failpoints: bool,
    /// Another value for a parameter of infra/template.yaml; may be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
}

/// How the stack is ended.
#[derive(Args, Debug, Clone, Default)]
pub struct DownOptions {
    /// Directory of the stack's data, logs and records.
    #[arg(long = "state", value_name = "DIRECTORY", env = "QUIRE_STACK")]
    directory: Option<PathBuf>,
    /// Remove the data, the logs and the records as well.
    #[arg(long)]
    pub purge: bool,
}

impl UpOptions {
    /// The stack of a demonstration, or of a developer: every default.
    pub fn standard() -> Self {
        Self { postgres_port: POSTGRES_PORT, localstack_port: LOCALSTACK_PORT, ..Self::default() }
    }

    /// A stack of the tests' own, with thresholds of seconds, and kill points in the functions.
    pub fn for_tests() -> Self {
        let parameters = TEST_PARAMETERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            directory: Some(tests_state()),
            postgres_port: POSTGRES_PORT + 100,
            localstack_port: LOCALSTACK_PORT + 100,
            failpoints: true,
            parameters: parameters.into(),
        }
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        state(self.directory.as_ref())
    }
}

impl DownOptions {
    /// Those that end what [`UpOptions::for_tests`] started, and leave nothing.
    pub fn for_tests() -> Self {
        Self { directory: Some(tests_state()), purge: true }
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        state(self.directory.as_ref())
    }
}

fn state(given: Option<&PathBuf>) -> PathBuf {
    given.cloned().unwrap_or_else(|| workspace::target().join("stack"))
}

fn tests_state() -> PathBuf {
    workspace::target().join("test-stack")
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it should look like NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_s_value_may_hold_an_equals_sign() {
        assert_eq!(parameter("LogLevel=quire=debug").unwrap(), ("LogLevel".into(), "quire=debug".into()));
        assert!(parameter("LogLevel").is_err());
    }
}
