use catalog::{CatalogError, Failure};
use domain::{FailureClass, FailureCode, KeyError, Task};
use engine::error::EngineError;
use engine::source::SourceError;
use enum_assoc::Assoc;
use objects::ObjectError;
use queues::QueueError;

/// Why an attempt, or a message as a whole, failed.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub fn code(&self) -> FailureCode)]
pub enum StageError {
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Engine(#[from] EngineError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Key(#[from] KeyError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Queues(#[from] QueueError),
    #[error("The uploaded file is no longer in the bucket.")]
    #[assoc(code = FailureCode::OriginalMissing)]
    OriginalMissing,
    #[error("The intermediate file {key} is missing.")]
    #[assoc(code = FailureCode::IntermediateMissing)]
    IntermediateMissing { key: String },
    #[error("The scratch directory of the function cannot be used: {source}.")]
    #[assoc(code = FailureCode::Scratch)]
    Scratch {
        #[source]
        source: std::io::Error,
    },
    #[error("The volume has {size} bytes and needs {needed} bytes of temporary storage. {free} are free.")]
    #[assoc(code = FailureCode::ScratchTooSmall)]
    TooSmall { size: u64, needed: u64, free: u64 },
    #[error("A message in this function's queue is for another function: {task}.")]
    #[assoc(code = FailureCode::MessageMisplaced)]
    Misplaced { task: Task },
    #[error("The worker panicked: {reason}.")]
    #[assoc(code = FailureCode::Panicked)]
    Panicked { reason: String },
    #[error("The attempt reached its time limit.")]
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
    /// Only the engine, and the absence of the original, can blame the input: an error of the same class elsewhere comes
    /// from the service itself.
    #[must_use]
    pub fn consequence(&self) -> Consequence {
        match self {
            Self::IntermediateMissing { .. } => Consequence::ReturnToCompress,
            Self::Engine(EngineError::Intermediate(error)) if error.must_be_made_again() => {
                Consequence::ReturnToCompress
            }
            Self::Engine(_) | Self::OriginalMissing if self.code().class() == FailureClass::Input => Consequence::Fail,
            _ => Consequence::Retry,
        }
    }

    /// What the row says about it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        Failure { code: self.code(), message: self.to_string() }
    }
}
