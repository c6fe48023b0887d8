//! The simulator of IAM's policies, which npm installs below the home directory for the test of the permissions.

use crate::setup::{self, say};
use crate::{program, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::process::Command;

/// Where the exact versions are, below the workspace.
const LOCKED: &str = "tests/permissions";

/// Installs exactly what the lock file names. Without npm, the test of the permissions reports itself as skipped.
pub fn install_simulator() -> Result<()> {
    let Some(npm) = program::find("npm") else {
        say("simulator", "npm is not installed, so the permissions are not tested");
        return Ok(());
    };
    let home = workspace::home()?;
    let _lock = setup::lock(&home)?;
    let (directory, locked) = (home.join("simulator"), workspace::root().join(LOCKED));
    let (stamp, content) = (directory.join("installed.json"), workspace::read(&locked.join("package-lock.json"))?);
    if !fs::read(&stamp).is_ok_and(|stamp| stamp == content) {
        for name in ["package.json", "package-lock.json"] {
            workspace::copy(&locked.join(name), &directory.join(name))?;
        }
        let mut install = Command::new(npm);
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&directory);
        program::output(&mut install).context("The simulator of IAM's policies was not installed")?;
        workspace::write(&stamp, content)?;
    }
    say("simulator", "is installed");
    Ok(())
}
