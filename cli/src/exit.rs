//! How the program ends: exit status by class of failure.

use engine::error::ErrorClass;
use engine::process::ProcessError;
use serde::Serialize;
use std::process::ExitCode;

/// The input is at fault.
pub const INPUT: u8 = 3;
/// Something is not installed.
pub const MISSING: u8 = 4;
/// Disk, memory or time ran out.
pub const RESOURCE: u8 = 5;
/// A fault of Quire or of a program that it runs.
pub const INTERNAL: u8 = 6;
/// Stopped by a signal, as a shell counts it for Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// A failure on its way to the user.
#[derive(Debug)]
pub struct Failure {
    error: ProcessError,
    as_json: bool,
}

#[derive(Serialize)]
struct FailureObject<'a> {
    error: FailureBody<'a>,
}

#[derive(Serialize)]
struct FailureBody<'a> {
    code: &'a str,
    message: String,
}

impl Failure {
    /// A failure that is reported as a JSON object, or as a sentence.
    pub fn new(error: impl Into<ProcessError>, as_json: bool) -> Self {
        Self { error: error.into(), as_json }
    }

    /// Tells the user, once, and gives the exit status.
    pub fn report(&self) -> ExitCode {
        let (code, message) = (self.error.code(), self.error.to_string());
        eprintln!("quire: {message} [{code}]");
        if self.as_json {
            let object = FailureObject { error: FailureBody { code, message } };
            println!("{}", serde_json::to_string(&object).unwrap_or_default());
        }
        self.status().into()
    }

    fn status(&self) -> u8 {
        match self.error.class() {
            ErrorClass::Input => INPUT,
            ErrorClass::Missing => MISSING,
            ErrorClass::Resource => RESOURCE,
            ErrorClass::Interrupted => INTERRUPTED,
            ErrorClass::Internal => INTERNAL,
        }
    }
}
