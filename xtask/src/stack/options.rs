//! What `up` and `down` are told on the command line.

use crate::workspace;
use clap::Args;
use std::path::PathBuf;

/// How the stack is started.
#[derive(Args, Debug, Clone, Default)]
pub struct UpOptions {
    /// Directory of the stack's data, logs and records; two stacks at once need two.
    #[arg(long = "state", value_name = "DIRECTORY", env = "QUIRE_STACK")]
    directory: Option<PathBuf>,
    /// PostgreSQL's port; the next free one is taken when a stranger has it.
    #[arg(long, default_value_t = 5433)]
    pub postgres_port: u16,
    /// LocalStack's port; the next free one is taken when a stranger has it.
    #[arg(long, default_value_t = 4566)]
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
    /// The state directory.
    pub fn state(&self) -> PathBuf {
        state(self.directory.as_ref())
    }
}

impl DownOptions {
    /// The state directory.
    pub fn state(&self) -> PathBuf {
        state(self.directory.as_ref())
    }
}

fn state(given: Option<&PathBuf>) -> PathBuf {
    given.cloned().unwrap_or_else(|| workspace::target().join("stack"))
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
