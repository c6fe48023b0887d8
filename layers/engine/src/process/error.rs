//! Every way in which a volume can fail.

use crate::compress::CompressError;
use crate::detect::DetectError;
use crate::error::ErrorClass;
use crate::external::command::CommandError;
use crate::external::tesseract::RecognitionError;
use crate::naming::NamingError;
use crate::output::OutputError;
use crate::pairing::PairingError;
use crate::pixels::PixelError;
use crate::source::SourceError;
use crate::stages::IntermediateError;

/// Every way in which a volume can fail.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The file's name says too little.
    #[error(transparent)]
    Naming(#[from] NamingError),
    /// The file is not what it should be.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Pixels cannot be had at all.
    #[error(transparent)]
    Pixels(#[from] PixelError),
    /// Detection failed.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// Compression failed.
    #[error(transparent)]
    Compress(#[from] CompressError),
    /// Reading failed.
    #[error(transparent)]
    Tesseract(#[from] RecognitionError),
    /// A program failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A file of detections is not one.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// Results cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file of another stage is not what it should be.
    #[error(transparent)]
    Intermediate(#[from] IntermediateError),
    /// Not one page can be read.
    #[error("none of the {pages} pages can be read; the first says: {reason}. Scan the volume again, or mend the file")]
    NothingReadable {
        /// How many pages the volume has.
        pages: usize,
        /// What is wrong with the first.
        reason: String,
    },
    /// Pages were asked for that are not there.
    #[error("the volume has {pages} pages, and none of those asked for; ask for pages from 1 to {pages}")]
    NoSuchPages {
        /// How many pages the volume has.
        pages: usize,
    },
    /// Somebody stopped the work.
    #[error("stopped; nothing was written. Start it again to go on")]
    Cancelled,
    /// The threads cannot be started.
    #[error("cannot start {jobs} worker threads: {reason}. Ask for fewer with --jobs")]
    Threads {
        /// How many were asked for.
        jobs: usize,
        /// What the system said.
        reason: String,
    },
}

impl ProcessError {
    /// Stable code of the failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Naming(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Pixels(error) => error.code(),
            Self::Detect(error) => error.code(),
            Self::Compress(error) => error.code(),
            Self::Tesseract(error) => error.code(),
            Self::Command(error) => error.code(),
            Self::Pairing(error) => error.code(),
            Self::Output(error) => error.code(),
            Self::Intermediate(error) => error.code(),
            Self::NothingReadable { .. } => "process.nothing_readable",
            Self::NoSuchPages { .. } => "process.no_such_pages",
            Self::Cancelled => "process.cancelled",
            Self::Threads { .. } => "process.threads",
        }
    }

    /// Who can mend it.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Naming(error) => error.class(),
            Self::Source(error) => error.class(),
            Self::Pixels(error) => error.class(),
            Self::Detect(error) => error.class(),
            Self::Compress(error) => error.class(),
            Self::Tesseract(error) => error.class(),
            Self::Command(error) => error.class(),
            Self::Pairing(error) => error.class(),
            Self::Output(error) => error.class(),
            Self::Intermediate(error) => error.class(),
            Self::NothingReadable { .. } | Self::NoSuchPages { .. } => ErrorClass::Input,
            Self::Cancelled => ErrorClass::Interrupted,
            Self::Threads { .. } => ErrorClass::Resource,
        }
    }
}
