//! How the program ends: exit status by class of failure.

use crate::service::ServiceError;
use crate::terminal;
use domain::FailureCode;
use engine::error::EngineError;
use serde::Serialize;
use std::process::ExitCode;

/// A fault of Quire or of a program that it runs.
pub const INTERNAL: u8 = 6;
/// A watched scan is FAILED.
pub const SCAN_FAILED: u8 = 9;
/// A watched scan is CANCELLED.
pub const SCAN_CANCELLED: u8 = 10;
/// A watched scan waits for a person to describe or confirm it.
pub const SCAN_WAITS: u8 = 11;

/// A failure on its way to the user.
#[derive(Debug)]
pub struct Failure {
    code: FailureCode,
    message: String,
    as_json: bool,
}

#[derive(Serialize)]
struct FailureObject<'a> {
    error: FailureBody<'a>,
}

#[derive(Serialize)]
struct FailureBody<'a> {
    code: FailureCode,
    message: &'a str,
}

impl Failure {
    /// A failure of the engine that is reported as a JSON object, or as a sentence.
    pub fn new(error: impl Into<EngineError>, as_json: bool) -> Self {
        let error = error.into();
        Self { code: error.code(), message: error.to_string(), as_json }
    }

    /// The same for a failure between here and the service.
    pub fn of_service(error: &ServiceError, as_json: bool) -> Self {
        Self { code: error.code(), message: error.to_string(), as_json }
    }

    /// Tells the user, once, and gives the exit status.
    pub fn report(&self) -> ExitCode {
        let Self { code, message, .. } = self;
        eprintln!("quire: {} [{code}]", terminal::visible_lines(message));
        if self.as_json {
            let object = FailureObject { error: FailureBody { code: *code, message } };
            // There is nothing left to tell a closed standard output to.
            let _ = terminal::print_json(&object);
        }
        self.code.class().exit_status().unwrap_or(INTERNAL).into()
    }
}
