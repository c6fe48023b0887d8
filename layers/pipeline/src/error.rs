//! Why an attempt failed.

use catalog::{CatalogError, Failure};
use engine::error::ErrorClass;
use engine::source::SourceError;
use engine::stages::ProcessError;
use objects::{KeyError, ObjectError};
use queues::QueueError;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The engine says so.
    #[error(transparent)]
    Engine(#[from] ProcessError),
    /// The database says so, or says nothing.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// S3 says so, or says nothing.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// A name or a key that could lead elsewhere.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// SQS or EventBridge.
    #[error(transparent)]
    Queues(#[from] QueueError),
    /// The uploaded version is no longer there.
    #[error("the uploaded file is no longer in the bucket; upload it again")]
    OriginalMissing,
    /// An intermediate is no longer there.
    #[error("an intermediate file is gone ({key}); the volume is compressed anew")]
    IntermediateMissing {
        /// Which.
        key: String,
    },
    /// The function's own disk.
    #[error("cannot use the scratch directory: {source}")]
    Scratch {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The message is none of ours.
    #[error("the message is for another function: {task}")]
    Misplaced {
        /// What it says.
        task: String,
    },
    /// A thread panicked.
    #[error("the worker panicked: {reason}")]
    Panicked {
        /// Its message.
        reason: String,
    },
    /// The attempt came near its time limit.
    #[error("the attempt reached its time limit")]
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
    /// Stable code of the failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.code(),
            Self::Catalog(error) => error.code(),
            Self::Objects(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Queues(error) => error.code(),
            Self::OriginalMissing => "original.missing",
            Self::IntermediateMissing { .. } => "intermediate.missing",
            Self::Scratch { .. } => "scratch",
            Self::Misplaced { .. } => "message.misplaced",
            Self::Panicked { .. } => "panicked",
            Self::Deadline => "deadline",
        }
    }

    /// What follows from it.
    #[must_use]
    pub fn consequence(&self) -> Consequence {
        match self {
            Self::Engine(ProcessError::Intermediate(error)) if error.must_be_made_again() => {
                Consequence::ReturnToCompress
            }
            Self::Engine(error) if error.class() == ErrorClass::Input => Consequence::Fail,
            Self::OriginalMissing => Consequence::Fail,
            Self::IntermediateMissing { .. } => Consequence::ReturnToCompress,
            _ => Consequence::Retry,
        }
    }

    /// The row's word for it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        Failure { code: self.code().to_owned(), message: self.to_string() }
    }
}
