//! What npm installs below the home directory for tests: the simulator of IAM's policies, what drives a browser, and an
//! issuer of OpenID Connect.

use crate::setup::{self, say};
use crate::{program, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Packages of one purpose.
struct Packages {
    /// The directory below the home directory.
    name: &'static str,
    /// Where the exact versions are, below the workspace.
    locked: &'static str,
    /// What does not happen without npm.
    without: &'static str,
}

const SIMULATOR: Packages =
    Packages { name: "simulator", locked: "tests/permissions", without: "the permissions are not tested" };
const BROWSER: Packages =
    Packages { name: "browser", locked: "tests/browser", without: "the console is not tested in a browser" };
const ISSUER: Packages =
    Packages { name: "issuer", locked: "tests/issuer", without: "signing in with OpenID Connect is not tested" };

/// Where the test of the console finds its tools. A variable that is not set skips the test.
const VARIABLES: [&str; 2] = ["QUIRE_TEST_BROWSER", "QUIRE_TEST_BROWSER_PACKAGES"];

/// Where the tests of OpenID Connect find the issuer. Without the variable, they are skipped.
const ISSUER_PACKAGES: &str = "QUIRE_TEST_ISSUER_PACKAGES";

pub fn install_simulator() -> Result<()> {
    SIMULATOR.install().map(drop)
}

/// Installs Debian's Chromium and what drives it, where that is possible, and returns the variables of the test.
pub fn install_browser() -> Result<Vec<(String, String)>> {
    let Some(packages) = BROWSER.install()? else { return Ok(Vec::new()) };
    if program::find("chromium").is_none()
        && let Err(error) = setup::install_packages(&["chromium"])
    {
        say("browser", &format!("Chromium is not installed, so {}: {error:#}", BROWSER.without));
        return Ok(Vec::new());
    }
    let Some(chromium) = program::find("chromium") else { return Ok(Vec::new()) };
    let values = [chromium, packages].map(|path| path.display().to_string());
    Ok(VARIABLES.iter().map(ToString::to_string).zip(values).collect())
}

/// Installs the issuer, where that is possible, and returns the variable of the tests.
pub fn install_issuer() -> Result<Vec<(String, String)>> {
    let packages = ISSUER.install()?;
    Ok(packages.iter().map(|path| (ISSUER_PACKAGES.to_owned(), path.display().to_string())).collect())
}

impl Packages {
    /// Installs exactly what the lock file names, and returns the directory. None without npm.
    fn install(&self) -> Result<Option<PathBuf>> {
        let Some(npm) = program::find("npm") else {
            say(self.name, &format!("npm is not installed, so {}", self.without));
            return Ok(None);
        };
        let home = workspace::home()?;
        let _lock = setup::lock(&home)?;
        let (directory, locked) = (home.join(self.name), workspace::root().join(self.locked));
        let (stamp, content) = (directory.join("installed.json"), workspace::read(&locked.join("package-lock.json"))?);
        if !fs::read(&stamp).is_ok_and(|stamp| stamp == content) {
            for name in ["package.json", "package-lock.json"] {
                workspace::copy(&locked.join(name), &directory.join(name))?;
            }
            let mut install = Command::new(npm);
            install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&directory);
            let failed = || format!("The packages of {} were not installed", self.locked);
            program::output(&mut install).with_context(failed)?;
            workspace::write(&stamp, content)?;
        }
        say(self.name, "is installed");
        Ok(Some(directory))
    }
}
