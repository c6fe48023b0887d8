//! Every way in which a volume can fail.

use crate::compress::CompressError;
use crate::detect::DetectError;
use crate::external::command::CommandError;
use crate::external::tesseract::RecognitionError;
use crate::output::OutputError;
use crate::pairing::PairingError;
use crate::pixels::PixelError;
use crate::source::SourceError;
use crate::stages::IntermediateError;
use domain::{FailureCode, NamingError};
use enum_assoc::Assoc;

/// Every way in which a volume can fail.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum ProcessError {
    /// The file's name says too little.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Naming(#[from] NamingError),
    /// The file is not what it should be.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Source(#[from] SourceError),
    /// Pixels cannot be had at all.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Pixels(#[from] PixelError),
    /// Detection failed.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Detect(#[from] DetectError),
    /// Compression failed.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Compress(#[from] CompressError),
    /// Reading failed.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Tesseract(#[from] RecognitionError),
    /// A program failed.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Command(#[from] CommandError),
    /// A file of detections is not one.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Pairing(#[from] PairingError),
    /// Results cannot be written.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Output(#[from] OutputError),
    /// A file of another stage is not what it should be.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Intermediate(#[from] IntermediateError),
    /// Not one page can be read.
    #[error("none of the {pages} pages can be read; the first says: {reason}. Scan the volume again, or mend the file")]
    #[assoc(code = FailureCode::ProcessNothingReadable)]
    NothingReadable {
        /// How many pages the volume has.
        pages: usize,
        /// What is wrong with the first.
        reason: String,
    },
    /// Pages were asked for that are not there.
    #[error("the volume has {pages} pages, and none of those asked for; ask for pages from 1 to {pages}")]
    #[assoc(code = FailureCode::ProcessNoSuchPages)]
    NoSuchPages {
        /// How many pages the volume has.
        pages: usize,
    },
    /// Somebody stopped the work.
    #[error("stopped; nothing was written. Start it again to go on")]
    #[assoc(code = FailureCode::ProcessCancelled)]
    Cancelled,
    /// The threads cannot be started.
    #[error("cannot start {jobs} worker threads: {reason}. Ask for fewer with --jobs")]
    #[assoc(code = FailureCode::ProcessThreads)]
    Threads {
        /// How many were asked for.
        jobs: usize,
        /// What the system said.
        reason: String,
    },
}
