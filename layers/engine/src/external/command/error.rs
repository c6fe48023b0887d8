//! Why a program did not do what it was asked.

use domain::FailureCode;
use enum_assoc::Assoc;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a program did not do what it was asked.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum CommandError {
    /// The program is not on the `PATH`.
    #[error("{program} is not installed; install it with: apt-get install {package}")]
    #[assoc(code = FailureCode::ExternalNotInstalled)]
    NotInstalled {
        /// The program.
        program: String,
        /// The Debian package that holds it.
        package: &'static str,
    },
    /// The time limit, or the limit on processor seconds, was reached.
    #[error(
        "{program} was stopped because it was still running after its limit of {} s; \
         try again on an idle machine or with a longer limit", limit.as_secs_f64()
    )]
    #[assoc(code = FailureCode::ExternalTimedOut)]
    TimedOut {
        /// The program.
        program: String,
        /// The limit that it reached.
        limit: Duration,
    },
    /// The program ended with an error of its own.
    #[error("{program} failed ({status}); its last words, which say what to mend, were:\n{last_lines}")]
    #[assoc(code = FailureCode::ExternalFailed)]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines that it wrote.
        last_lines: String,
    },
    /// The work was cancelled.
    #[error("{program} was stopped because the work was cancelled; start it again to go on")]
    #[assoc(code = FailureCode::ExternalCancelled)]
    Cancelled {
        /// The program.
        program: String,
    },
    /// The disk is full.
    #[error("{program} found no space left on the disk; free some space or set TMPDIR to a larger disk")]
    #[assoc(code = FailureCode::ExternalOutOfSpace)]
    OutOfSpace {
        /// The program.
        program: String,
    },
    /// The program tried to write a larger file than it may.
    #[error("{program} was stopped because a file grew past {limit} bytes; raise the limit or use a smaller input")]
    #[assoc(code = FailureCode::ExternalFileTooLarge)]
    FileTooLarge {
        /// The program.
        program: String,
        /// Bytes that a file may have.
        limit: u64,
    },
    /// The program wrote more to its standard output than it may.
    #[error("{program} was stopped because it printed more than {limit} bytes; raise the limit or use a smaller input")]
    #[assoc(code = FailureCode::ExternalOutputTooLarge)]
    OutputTooLarge {
        /// The program.
        program: String,
        /// Bytes that it may print.
        limit: usize,
    },
    /// The operating system refused something.
    #[error("could not {action} {program}: {source}; look at the system's limits and permissions")]
    #[assoc(code = FailureCode::ExternalIo)]
    Io {
        /// The program.
        program: String,
        /// What was tried: "start", "watch", ...
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}
