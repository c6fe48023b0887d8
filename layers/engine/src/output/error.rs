//! What can go wrong while results are written.

use domain::FailureCode;
use enum_assoc::Assoc;
use std::path::{Path, PathBuf};

/// A failure while writing results.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum OutputError {
    /// The disk is full.
    #[error(
        "no space left while writing {path}. Free some space (about three times the volume's size) and start again"
    )]
    #[assoc(code = FailureCode::OutputDiskFull)]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// Another failure of the file system.
    #[error("cannot write {path}: {source}. Check that the directory exists and may be written to")]
    #[assoc(code = FailureCode::OutputIo)]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The output directory holds something else.
    #[error("{path} holds files that are not a result of quire. Choose another output directory, or empty it")]
    #[assoc(code = FailureCode::OutputNotOurs)]
    NotOurs {
        /// The directory.
        path: PathBuf,
    },
    /// A page's image cannot be decoded or encoded.
    #[error("a page's image cannot be rewritten: {reason}")]
    #[assoc(code = FailureCode::OutputPageImage)]
    PageImage {
        /// What is wrong with it.
        reason: String,
    },
    /// A document that we or Ghostscript wrote cannot be read or built.
    #[error("a page cannot be built: {reason}. This is a fault of Quire; please report it with the volume")]
    #[assoc(code = FailureCode::OutputDocument)]
    Document {
        /// What is wrong with it.
        reason: String,
    },
}

impl OutputError {
    /// A failure of the file system on a path.
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::StorageFull {
            Self::DiskFull { path }
        } else {
            Self::Io { path, source }
        }
    }

    /// A failure of a document in memory or on disk.
    pub(super) fn document(path: &Path, error: lopdf::Error) -> Self {
        match error {
            lopdf::Error::IO(source) => Self::io(path, source),
            other => Self::Document { reason: other.to_string() },
        }
    }
}
