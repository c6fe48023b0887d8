//! How a failure is reported, and which exit status it has.

use crate::terminal::{self, StandardOutputError};
use domain::{FailureClass, FailureCode};
use engine::error::EngineError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::process::ExitCode;

/// Exit status of a fault of Quire, or of a program that it runs.
pub const INTERNAL: u8 = 6;

/// The classes of failure that every command can have.
const CLASSES: [FailureClass; 6] = [
    FailureClass::Arguments,
    FailureClass::Input,
    FailureClass::NotInstalled,
    FailureClass::Resource,
    FailureClass::Internal,
    FailureClass::Interrupted,
];

/// The end of a help text: the exit statuses that every command can have, and `others`.
pub fn exit_statuses(others: impl IntoIterator<Item = (u8, &'static str)>) -> String {
    let classes = CLASSES.iter().filter_map(|class| Some((class.exit_status()?, class.meaning())));
    let statuses: BTreeMap<u8, &str> =
        [(0, "The command succeeded.")].into_iter().chain(classes).chain(others).collect();
    let lines: Vec<String> = statuses.iter().map(|(status, meaning)| format!("  {status:>3}  {meaning}")).collect();
    format!("Exit status:\n{}", lines.join("\n"))
}

/// A failure on its way to the user.
#[derive(Debug)]
pub struct ReportedFailure {
    code: FailureCode,
    message: String,
    as_json: bool,
}

#[derive(Serialize)]
struct FailureObject<'a> {
    error: ReportedError<'a>,
}

#[derive(Serialize)]
struct ReportedError<'a> {
    code: FailureCode,
    message: &'a str,
    advice: &'a str,
}

impl ReportedFailure {
    pub fn new(code: FailureCode, error: &impl Display, as_json: bool) -> Self {
        Self { code, message: error.to_string(), as_json }
    }

    /// A failure of the engine.
    pub fn of_engine(error: impl Into<EngineError>, as_json: bool) -> Self {
        let error = error.into();
        Self::new(error.code(), &error, as_json)
    }

    /// Reports the failure on standard error, and with `--json` on standard output, too. Returns the exit status.
    pub fn report(&self) -> ExitCode {
        eprintln!("quire: {}", terminal::visible_lines(&self.sentence()));
        if self.as_json {
            let Self { code, message, .. } = self;
            let report = FailureObject { error: ReportedError { code: *code, message, advice: code.advice() } };
            // Errors here are ignored: when standard output is closed, there is nobody left to tell.
            let _ = terminal::print_json(&report);
        }
        self.code.class().exit_status().unwrap_or(INTERNAL).into()
    }

    fn sentence(&self) -> String {
        format!("{} {} [{}]", self.message, self.code.advice(), self.code)
    }
}

impl From<StandardOutputError> for ReportedFailure {
    fn from(error: StandardOutputError) -> Self {
        Self::new(error.code(), &error, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_happened_and_what_to_do() {
        let failure = ReportedFailure::new(FailureCode::SourceEmpty, &"The file is empty.", false);
        insta::assert_snapshot!(failure.sentence(), @"The file is empty. Copy or upload it again. [source.empty]");
    }

    #[test]
    fn exit_statuses_are_sorted() {
        insta::assert_snapshot!(exit_statuses([(9, "A watched scan is FAILED.")]), @r"
        Exit status:
            0  The command succeeded.
            2  Arguments or settings are wrong.
            3  The input is at fault. The person who brought it must bring another.
            4  A program, library, model or language is not installed.
            5  Disk, memory or time ran out.
            6  Quire, or a program that it runs, has a fault.
            9  A watched scan is FAILED.
          130  A person or a newer upload stopped the work.
        ");
    }
}
