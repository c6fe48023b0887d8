//! The programs that Quire runs. They are looked for in PATH, so that one built by hand counts as well;
//! what is missing comes from Debian.

use super::{pip, say};
use crate::error::Error;
use crate::program;
use std::process::Command;

/// Programs and the Debian packages that bring them.
const PROGRAMS: [(&str, &str); 4] =
    [("gs", "ghostscript"), ("tesseract", "tesseract-ocr"), ("qpdf", "qpdf"), ("pdftotext", "poppler-utils")];
/// Tesseract's English data.
const ENGLISH: &str = "tesseract-ocr-eng";
/// Fetches the wheels.
const PIP: &str = "python3-pip";

/// Installs the packages whose programs are missing; pip counts only when something must be fetched.
pub fn ensure(with_pip: bool) -> Result<(), Error> {
    let packages = missing(with_pip);
    if !packages.is_empty() {
        install(&packages)?;
        let remaining = missing(with_pip);
        if !remaining.is_empty() {
            return Err(refusal(&remaining, "apt-get ran, but their programs are still not in PATH"));
        }
    }
    say("programs", "gs, tesseract (eng), qpdf and pdftotext are installed");
    Ok(())
}

fn missing(with_pip: bool) -> Vec<&'static str> {
    let absent = |(command, _): &&(&str, &str)| program::find(command).is_none();
    let mut packages: Vec<_> = PROGRAMS.iter().filter(absent).map(|(_, package)| *package).collect();
    if !reads_english() {
        packages.push(ENGLISH);
    }
    if with_pip && pip::Pip::find().is_none() {
        packages.push(PIP);
    }
    packages
}

fn reads_english() -> bool {
    program::capture(Command::new("tesseract").arg("--list-langs"))
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|language| language == "eng"))
}

/// Installs Debian packages.
pub fn install(packages: &[&str]) -> Result<(), Error> {
    if program::find("apt-get").is_none() {
        return Err(refusal(packages, "this system has no apt-get"));
    }
    if !is_root() && program::find("sudo").is_none() {
        return Err(refusal(packages, "installing takes root or sudo"));
    }
    say("programs", &format!("installing {} with apt-get", packages.join(" ")));
    program::run(apt_get().args(["--quiet", "--quiet", "update"]))?;
    program::run(apt_get().args(["--quiet", "--yes", "--no-install-recommends", "install"]).args(packages))
}

fn refusal(packages: &[&str], reason: &'static str) -> Error {
    Error::PackagesMissing { packages: packages.join(" "), reason }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// apt-get that asks no questions; `env`, because sudo drops variables.
fn apt_get() -> Command {
    let mut command = if is_root() {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    command
}
