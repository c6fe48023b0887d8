//! Why an attempt failed.

use catalog::{CatalogError, Failure};
use domain::{FailureClass, FailureCode, KeyError};
use engine::error::EngineError;
use engine::source::SourceError;
use enum_assoc::Assoc;
use objects::ObjectError;
use queues::QueueError;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub fn code(&self) -> FailureCode)]
pub enum StageError {
    /// The engine says so.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Engine(#[from] EngineError),
    /// The database says so, or says nothing.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Catalog(#[from] CatalogError),
    /// S3 says so, or says nothing.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Objects(#[from] ObjectError),
    /// A name or a key that could lead elsewhere.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Key(#[from] KeyError),
    /// SQS or EventBridge.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Queues(#[from] QueueError),
    /// The uploaded version is no longer there.
    #[error("the uploaded file is no longer in the bucket; upload it again")]
    #[assoc(code = FailureCode::OriginalMissing)]
    OriginalMissing,
    /// An intermediate is no longer there.
    #[error("an intermediate file is gone ({key}); the volume is compressed anew")]
    #[assoc(code = FailureCode::IntermediateMissing)]
    IntermediateMissing {
        /// Which.
        key: String,
    },
    /// The function's own disk.
    #[error("cannot use the scratch directory: {source}")]
    #[assoc(code = FailureCode::Scratch)]
    Scratch {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The message is none of ours.
    #[error("the message is for another function: {task}")]
    #[assoc(code = FailureCode::MessageMisplaced)]
    Misplaced {
        /// What it says.
        task: String,
    },
    /// A thread panicked.
    #[error("the worker panicked: {reason}")]
    #[assoc(code = FailureCode::Panicked)]
    Panicked {
        /// Its message.
        reason: String,
    },
    /// The attempt came near its time limit.
    #[error("the attempt reached its time limit")]
    #[assoc(code = FailureCode::Deadline)]
    Deadline,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// The input is at fault: FAILED, no retry.
    Fail,
    /// The intermediates are gone: back to compress.
    ReturnToCompress,
    /// Another attempt.
    Retry,
}

impl From<SourceError> for StageError {
    fn from(error: SourceError) -> Self {
        Self::Engine(error.into())
    }
}

impl StageError {
    /// What follows from it.
    #[must_use]
    pub fn consequence(&self) -> Consequence {
        match self {
            Self::Engine(EngineError::Intermediate(error)) if error.must_be_made_again() => {
                Consequence::ReturnToCompress
            }
            Self::Engine(error) if error.code().class() == FailureClass::Input => Consequence::Fail,
            Self::OriginalMissing => Consequence::Fail,
            Self::IntermediateMissing { .. } => Consequence::ReturnToCompress,
            _ => Consequence::Retry,
        }
    }

    /// The row's word for it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        Failure { code: self.code(), message: self.to_string() }
    }
}
