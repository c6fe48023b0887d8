//! Every way in which the work on a volume can fail.

use crate::detector::DetectError;
use crate::external::tesseract::RecognitionError;
use crate::output::OutputError;
use crate::pairing::PairingError;
use crate::pixels::PixelError;
use crate::programs::command::CommandError;
use crate::reading::ReadingError;
use crate::source::SourceError;
use domain::{FailureCode, NamingError};
use enum_assoc::Assoc;

#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum EngineError {
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Naming(#[from] NamingError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Source(#[from] SourceError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Pixels(#[from] PixelError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Detect(#[from] DetectError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Recognition(#[from] RecognitionError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Reading(#[from] ReadingError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Command(#[from] CommandError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Pairing(#[from] PairingError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Output(#[from] OutputError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Intermediate(#[from] IntermediateError),
    /// `reason` is that of the first page.
    #[error("None of the {pages} pages can be read. The first one: {reason}.")]
    #[assoc(code = FailureCode::ProcessNothingReadable)]
    NothingReadable { pages: usize, reason: String },
    #[error("The volume has {pages} pages, and not those that were asked for.")]
    #[assoc(code = FailureCode::ProcessNoSuchPages)]
    NoSuchPages { pages: usize },
    #[error("The work was stopped. Nothing was written.")]
    #[assoc(code = FailureCode::ProcessCancelled)]
    Cancelled,
    #[error("{jobs} worker threads cannot be started: {reason}.")]
    #[assoc(code = FailureCode::ProcessThreads)]
    Threads { jobs: usize, reason: String },
}

/// Why a stage does not accept a file that another stage wrote. `file` is the name of the file without its directory.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum IntermediateError {
    #[error("{file} cannot be opened: {source}.")]
    #[assoc(code = FailureCode::IntermediateUnreadable)]
    Unreadable { file: String, source: std::io::Error },
    #[error("{file} is damaged: {reason}.")]
    #[assoc(code = FailureCode::IntermediateDamaged)]
    Damaged { file: String, reason: String },
    /// No stage writes such content: it is too much, too large, or has an unknown name.
    #[error("{file} contains something unexpected: {reason}.")]
    #[assoc(code = FailureCode::IntermediateRefused)]
    Refused { file: String, reason: String },
    /// It is undamaged, but belongs to another volume, another range or other settings.
    #[error("{file} does not belong to the other files: {reason}.")]
    #[assoc(code = FailureCode::IntermediateForeign)]
    Foreign { file: String, reason: String },
}

impl IntermediateError {
    /// True if the same file would fail again, so that the volume has to be prepared and scanned again.
    #[must_use]
    pub const fn must_be_made_again(&self) -> bool {
        !matches!(self, Self::Unreadable { .. })
    }

    pub(crate) fn damaged(file: &str, reason: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), reason: reason.into() }
    }

    pub(crate) fn refused(file: &str, reason: impl Into<String>) -> Self {
        Self::Refused { file: file.to_owned(), reason: reason.into() }
    }

    pub(crate) fn foreign(file: &str, reason: impl Into<String>) -> Self {
        Self::Foreign { file: file.to_owned(), reason: reason.into() }
    }
}
