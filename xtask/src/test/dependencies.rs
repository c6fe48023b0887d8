//! cargo-deny: licences, bans and sources always, advisories where their database can be fetched.

use super::report::Outcome;
use crate::demo::cargo;
use crate::error::Error;
use crate::{program, workspace};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const VERSION: &str = "0.20.2";

/// Licences, bans and sources, by deny.toml.
pub fn check() -> Result<Outcome, Error> {
    let deny = installed()?;
    program::run(command(&deny).args(["check", "licenses", "bans", "sources"])).map(|()| Outcome::Passed(String::new()))
}

/// Known vulnerabilities, when the database can be fetched.
pub fn advisories() -> Result<Outcome, Error> {
    let deny = installed()?;
    let fetched = program::capture(command(&deny).args(["fetch", "db"]))?;
    if !fetched.status.success() {
        let reason = program::last_words(&fetched.stderr);
        return Ok(Outcome::Skipped(format!("the advisory database cannot be fetched here ({reason})")));
    }
    let mut check = command(&deny);
    check.args(["check", "--disable-fetch", "advisories"]);
    program::run(&mut check).map(|()| Outcome::Passed(String::new()))
}

fn command(deny: &PathBuf) -> Command {
    let mut command = Command::new(deny);
    // A fetch over a dead line ends after these seconds without data instead of never.
    command.current_dir(workspace::root()).env("GIT_HTTP_LOW_SPEED_LIMIT", "1").env("GIT_HTTP_LOW_SPEED_TIME", "30");
    command
}

/// The pinned cargo-deny: the one in PATH when it has that version, else one built once below `target/`.
/// Unoptimised, because that halves the build and the checks take two seconds all the same.
fn installed() -> Result<PathBuf, Error> {
    let tools = workspace::target().join("tools");
    let own = tools.join("bin/cargo-deny");
    if let Some(found) = [PathBuf::from("cargo-deny"), own.clone()].into_iter().find(is_pinned) {
        return Ok(found);
    }
    println!("building cargo-deny {VERSION} (once, a minute or two)");
    let build = tools.join("build");
    let mut install = cargo();
    install
        .args(["install", "--quiet", "--locked", "--debug", "--force", "--version", VERSION])
        .arg("--root")
        .arg(&tools);
    program::run(install.arg("cargo-deny").env("CARGO_TARGET_DIR", &build).env("CARGO_PROFILE_DEV_DEBUG", "false"))?;
    fs::remove_dir_all(&build).map_err(Error::file("removing", &build))?;
    Ok(own)
}

fn is_pinned(path: &PathBuf) -> bool {
    program::capture(Command::new(path).arg("--version"))
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(VERSION))
}
