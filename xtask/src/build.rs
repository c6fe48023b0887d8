//! Cargo, called from here. A build runs as a child process beside the set-up, because both take minutes on a new machine.

use crate::{program, workspace};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::process::{Child, Command};

/// The functions with their own zip archives.
pub const ZIPPED: [&str; 4] = ["intake", "reconcile", "migrate", "console"];
/// The functions that share the container image, and the program by which they start others.
pub const IN_IMAGE: [&str; 4] = ["compress", "scan", "split", "quire-sandbox"];

/// What the set-up needs and what `quire` cannot do without: the importer of the models, and `quire-sandbox`.
pub const SETUP: &[&str] = &["--package", "model", "--package", "sandbox"];
/// `quire` without the service, and the programs of the set-up.
pub const ENGINE: &[&str] =
    &["--package", "cli", "--package", "model", "--package", "sandbox", "--no-default-features"];
/// The functions, `quire`, and the programs of the set-up.
pub const SERVICE: &[&str] =
    &["--package", "functions", "--package", "cli", "--package", "model", "--package", "sandbox"];
/// Everything, with the failpoints that the tests use.
pub const WITH_FAILPOINTS: &[&str] = &["--workspace", "--features", "functions/failpoints"];

/// The Cargo that runs this task.
pub fn cargo() -> Command {
    calling_cargo(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Cargo, or a program that calls it, without the variables that Cargo set for this package. Build scripts read such
/// variables: with other values they run again, and everything that depends on them is compiled again.
pub fn calling_cargo(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// A build in the release profile that is running.
pub struct Build {
    cargo: Child,
    line: String,
}

impl Build {
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let mut command = cargo();
        command.args(["build", "--release"]).args(arguments);
        let line = program::line(&command);
        println!("build: {line}");
        let cargo = command.spawn().with_context(|| format!("`{line}` could not be started"))?;
        Ok(Self { cargo, line })
    }

    pub fn wait(mut self) -> Result<()> {
        let status = self.cargo.wait()?;
        if !status.success() {
            bail!("`{}` failed ({status}). Its own message is above.", self.line);
        }
        Ok(())
    }
}

impl Drop for Build {
    /// Stops the build if the set-up beside it failed.
    fn drop(&mut self) {
        self.cargo.kill().ok();
        self.cargo.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_calls_cargo_does_not_get_the_variables_of_this_package() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "Cargo and nextest set it for a test");
        let removed: Vec<_> = calling_cargo("cargo")
            .get_envs()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| name.to_owned())
            .collect();
        for name in ["CARGO_PKG_NAME", "CARGO_PKG_VERSION", "CARGO_MANIFEST_DIR"] {
            assert!(removed.iter().any(|removed| removed == name), "{name} is among {removed:?}");
        }
    }
}
