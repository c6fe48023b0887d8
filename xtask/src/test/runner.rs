//! The tests themselves: cargo-nextest when it is installed, else `cargo test`; documentation tests too.

use super::counts::Counts;
use super::report::Outcome;
use crate::demo::cargo;
use crate::error::Error;
use crate::home::QuireHome;
use crate::program::{self, Stream};
use crate::stack::{self, Environment, UpOptions};
use crate::workspace;
use std::process::Command;

/// Runs the tests whose names contain the filter, and counts them. A run of no test at all proves nothing:
/// it fails.
pub fn run(filter: Option<&str>, home: &QuireHome, environment: &Environment) -> Result<Outcome, Error> {
    let mut counts = Counts::default();
    let mut succeeded = true;
    for (arguments, stream) in runners() {
        let mut command = prepared(arguments, filter, home, environment);
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

/// In the release profile: the models are too slow without optimisation. With the kill points, as the stack was built:
/// the functions that the tests start themselves are those in the target directory.
fn prepared(arguments: &[&str], filter: Option<&str>, home: &QuireHome, environment: &Environment) -> Command {
    let mut command = cargo();
    command.args(arguments).args(stack::failpoint_features()).args(filter);
    // Tesseract's threads cost five times the processor and win nothing; the limit is read at its start.
    command.env("OMP_THREAD_LIMIT", "1").env("QUIRE_HOME", home.directory());
    command.envs(tests_environment(environment));
    command
}

/// Where the tests find the database, the emulator, the functions and the deployed stack.
fn tests_environment(environment: &Environment) -> [(&'static str, String); 4] {
    let value = |name: &str| environment.variables().get(name).cloned().unwrap_or_default();
    let url = value("DATABASE_URL");
    let administrator = url.rsplit_once('/').map_or(url.as_str(), |(server, _)| server);
    [
        ("QUIRE_TEST_DATABASE_URL", format!("{administrator}/postgres")),
        ("QUIRE_TEST_AWS_ENDPOINT", value("AWS_ENDPOINT_URL")),
        ("QUIRE_TEST_FUNCTIONS", workspace::target().join("release").display().to_string()),
        ("QUIRE_TEST_STACK", UpOptions::for_tests().state().join("environment").display().to_string()),
    ]
}
