//! The tests themselves: cargo-nextest when it is installed, else `cargo test`; documentation tests too.

use super::counts::Counts;
use super::report::Outcome;
use crate::demo::cargo;
use crate::error::Error;
use crate::home::QuireHome;
use crate::program::{self, Stream};
use std::process::Command;

/// Runs the tests whose names contain the filter, and counts them. A run of no test at all proves nothing:
/// it fails.
pub fn run(filter: Option<&str>, home: &QuireHome) -> Result<Outcome, Error> {
    let mut counts = Counts::default();
    let mut succeeded = true;
    for (arguments, stream) in runners() {
        let mut command = prepared(arguments, filter, home);
        succeeded &= program::watch(&mut command, stream, &mut |line| counts.read(line))?;
    }
    Ok(match counts.run() {
        _ if !succeeded => Outcome::Failed(counts.to_string()),
        0 => Outcome::Failed("no test was run".to_owned()),
        _ => Outcome::Passed(counts.to_string()),
    })
}

/// The arguments for Cargo, and the stream on which that runner counts its tests.
fn runners() -> Vec<(&'static [&'static str], Stream)> {
    if program::succeeds(cargo().args(["nextest", "--version"])) {
        vec![
            (&["test", "--workspace", "--doc", "--release", "--no-fail-fast"], Stream::Output),
            (&["nextest", "run", "--workspace", "--release", "--no-fail-fast", "--no-tests=pass"], Stream::Error),
        ]
    } else {
        vec![(&["test", "--workspace", "--release", "--no-fail-fast"], Stream::Output)]
    }
}

/// In the release profile: the models are too slow without optimisation.
fn prepared(arguments: &[&str], filter: Option<&str>, home: &QuireHome) -> Command {
    let mut command = cargo();
    // Tesseract's threads cost five times the processor and win nothing; the limit is read at its start.
    command.args(arguments).args(filter).env("OMP_THREAD_LIMIT", "1").env("QUIRE_HOME", home.directory());
    command
}
