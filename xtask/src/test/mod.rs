//! `cargo xtask test`: the set-up, then format, lints, licences, and every test.

mod counts;
mod dependencies;
mod report;
mod runner;

use crate::demo::cargo;
use crate::error::Error;
use crate::stack::{self, DownOptions, UpOptions};
use crate::{program, setup};
use report::{Outcome, Report};
use std::process::Command;

/// Runs every check, whatever fails, then tells; with a filter only the matching tests.
pub fn run(filter: Option<&str>) -> Result<(), Error> {
    let home = setup::run()?;
    stack::ensure_linters(&home)?;
    let mut report = Report::default();
    if filter.is_none() {
        report.step("format", || component("fmt", cargo().args(["fmt", "--all", "--check"])));
        report.step("lints", || component("clippy", &mut clippy()));
        report.step("licences, bans, sources", dependencies::check);
        report.step("advisories", dependencies::advisories);
    }
    // The end-to-end tests run the functions and the command themselves; `up` builds the whole workspace, as the tests do.
    let environment = stack::up(&UpOptions::for_tests())?;
    report.step("tests", || runner::run(filter, &home, &environment));
    if report.has_failed() {
        println!("the stack of the tests stays, for a look: {}", UpOptions::for_tests().state().display());
    } else {
        stack::down(&DownOptions::for_tests())?;
    }
    report.print();
    report.verdict()
}

fn clippy() -> Command {
    let mut command = cargo();
    command.args(["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"]);
    command
}

/// Runs a command of a toolchain's component, which rustup adds when a minimal toolchain lacks it.
fn component(name: &str, command: &mut Command) -> Result<Outcome, Error> {
    if !program::succeeds(cargo().args([name, "--version"])) && program::find("rustup").is_some() {
        let component = if name == "fmt" { "rustfmt" } else { name };
        program::run(Command::new("rustup").args(["component", "add", component]))?;
    }
    program::run(command).map(|()| Outcome::Passed(String::new()))
}
