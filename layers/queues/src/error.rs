use aws::{CallError, Refusal, Unreachable};
use domain::FailureCode;
use enum_assoc::Assoc;
use std::fmt;

/// A failure of SQS or EventBridge, or of what they delivered. `action` reads as in "Quire could not …".
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum QueueError {
    #[error("Quire could not {action} because the service did not answer ({source}).")]
    #[assoc(code = FailureCode::QueuesUnreachable)]
    Unreachable { action: &'static str, source: Unreachable },
    /// Permissions, a name that does not exist, or a receipt that is too old.
    #[error("Quire could not {action} because the service refused the request ({refusal}).")]
    #[assoc(code = FailureCode::QueuesRefused)]
    Refused { action: &'static str, refusal: Refusal },
    /// The service answered the batch with 200, but refused single entries in every attempt.
    #[error("Quire could not {action} because the service refused {} in every attempt: {}.", count(.entries), list(.entries))]
    #[assoc(code = FailureCode::QueuesEntriesRefused)]
    EntriesRefused { action: &'static str, entries: Vec<RefusedEntry> },
    #[error("Quire cannot read {what}: {reason}.")]
    #[assoc(code = FailureCode::QueuesMalformed)]
    Malformed { what: &'static str, reason: String },
    #[error("There is no dead letter {message_id}.")]
    #[assoc(code = FailureCode::QueuesUnknownLetter)]
    UnknownLetter { message_id: String },
    /// The queue is not in [`crate::QueueUrls`].
    #[error("Message {message_id} comes from a queue that this function does not know.")]
    #[assoc(code = FailureCode::QueuesUnknownQueue)]
    UnknownQueue { message_id: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedEntry {
    /// Which entry, for a person.
    pub entry: String,
    pub refusal: Refusal,
}

impl QueueError {
    pub(crate) fn of_call(action: &'static str, error: impl Into<CallError>) -> Self {
        match error.into() {
            CallError::Unreachable(source) => Self::Unreachable { action, source },
            CallError::Refused { refusal, .. } => Self::Refused { action, refusal },
        }
    }

    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Whether the same call may succeed later, with nothing changed by anybody.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::EntriesRefused { .. })
    }
}

impl fmt::Display for RefusedEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.entry, self.refusal)
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
