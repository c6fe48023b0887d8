//! Fetching wheels with pip: whatever Python runs it, it can fetch the wheel of another.

use crate::error::Error;
use crate::program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The ways in which pip is called, by preference.
const WAYS: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["pip"]];

/// The wheels' Python: the libraries inside do not depend on it, but pip wants one named.
const PYTHON: &str = "3.12";

/// A pip that works.
pub struct Pip(&'static [&'static str]);

impl Pip {
    /// The first pip that answers.
    pub fn find() -> Option<Self> {
        let answers =
            |way: &&&[&str]| program::find(way[0]).is_some() && program::succeeds(command(way).arg("--version"));
        WAYS.iter().find(answers).map(|way| Self(way))
    }

    fn command(&self) -> Command {
        command(self.0)
    }
}

fn command(way: &[&str]) -> Command {
    let mut command = Command::new(way[0]);
    command.args(&way[1..]);
    command
}

/// Fetches a wheel (`name==version`) for this host into a directory and hands back its path.
pub fn fetch(requirement: &str, directory: &Path) -> Result<PathBuf, Error> {
    let pip =
        Pip::find().ok_or(Error::PackagesMissing { packages: "python3-pip".into(), reason: "there is no pip" })?;
    let mut download = pip.command();
    download.args(["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]);
    download.args(["--python-version", PYTHON]).args(platforms());
    let output = program::capture(download.arg("--dest").arg(directory).arg(requirement))?;
    if !output.status.success() {
        let said = program::last_words(&output.stderr);
        return Err(Error::Download { requirement: requirement.to_owned(), said });
    }
    wheel_in(directory, requirement)
}

/// Newest and oldest platform that a wheel may name: pip does not know that one contains the other.
fn platforms() -> Vec<String> {
    let architecture = std::env::consts::ARCH;
    ["manylinux_2_28", "manylinux_2_17", "manylinux2014"].map(|name| format!("--platform={name}_{architecture}")).into()
}

fn wheel_in(directory: &Path, requirement: &str) -> Result<PathBuf, Error> {
    let entries = fs::read_dir(directory).map_err(Error::file("reading", directory))?;
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| Error::Download { requirement: requirement.to_owned(), said: "it fetched no wheel".to_owned() })
}
