//! What can go wrong with messages and events, by what a caller can do about it.

use domain::FailureCode;
use enum_assoc::Assoc;
use std::error::Error;
use std::fmt;

/// A failure of SQS or EventBridge, or of what they delivered.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum QueueError {
    /// No answer, a time-out, a busy service, and the SDK's retries are used up: the same call may succeed later.
    #[error("cannot {action}: the service does not answer: {reason}")]
    #[assoc(code = FailureCode::QueuesUnreachable)]
    Unreachable {
        /// What was tried.
        action: &'static str,
        /// The chain of causes, in words.
        reason: String,
        /// The error of the SDK.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The service refused the call: permissions, a name that does not exist, a receipt that is too old.
    #[error("cannot {action}: the service refuses: {error_code}: {message}")]
    #[assoc(code = FailureCode::QueuesRefused)]
    Refused {
        /// What was tried.
        action: &'static str,
        /// The service's own error code.
        error_code: String,
        /// The service's own words.
        message: String,
    },
    /// Single entries of a batch failed again and again, although the call as a whole was answered with 200.
    #[error("cannot {action}: {} failed in every attempt: {}", count(.entries), list(.entries))]
    #[assoc(code = FailureCode::QueuesEntriesRefused)]
    EntriesRefused {
        /// What was tried.
        action: &'static str,
        /// The entries that were not accepted.
        entries: Vec<RefusedEntry>,
    },
    /// A body that is no message of ours.
    #[error("{what} cannot be read: {reason}")]
    #[assoc(code = FailureCode::QueuesMalformed)]
    Malformed {
        /// What was read.
        what: &'static str,
        /// Why it cannot be.
        reason: String,
    },
    /// A record whose queue is none of [`crate::QueueUrls`].
    #[error("the record {message_id} comes from a queue that is not known here")]
    #[assoc(code = FailureCode::QueuesUnknownQueue)]
    UnknownQueue {
        /// SQS's id of the message.
        message_id: String,
    },
}

/// One entry of a batch that a service did not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedEntry {
    /// What the entry was, in words or as JSON.
    pub entry: String,
    /// The service's error code for it.
    pub error_code: String,
    /// The service's words for it.
    pub message: String,
}

impl QueueError {
    /// Whether the same call may succeed later, with nothing changed by anybody.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::EntriesRefused { .. })
    }
}

impl fmt::Display for RefusedEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}: {})", self.entry, self.error_code, self.message)
    }
}

fn count(entries: &[RefusedEntry]) -> String {
    match entries.len() {
        1 => "one entry".to_owned(),
        number => format!("{number} entries"),
    }
}

fn list(entries: &[RefusedEntry]) -> String {
    entries.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
