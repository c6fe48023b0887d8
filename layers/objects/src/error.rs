//! What can go wrong with objects, by what a caller can do about it.

use domain::{FailureCode, KeyError};
use enum_assoc::Assoc;
use std::error::Error;
use std::io;
use std::path::PathBuf;

/// A failure of S3, of a transfer, or of the file at its other end.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum ObjectError {
    /// There is no such object, or no such version: trying again does not help.
    #[error("there is no object {object}")]
    #[assoc(code = FailureCode::ObjectsMissing)]
    Missing {
        /// Bucket, key and version.
        object: String,
    },
    /// The object was replaced while it was read.
    #[error("the object {object} changed while it was read")]
    #[assoc(code = FailureCode::ObjectsChanged)]
    Changed {
        /// Bucket, key and version.
        object: String,
    },
    /// No answer, a time-out, a busy service, a connection that breaks again and again, and the retries are used
    /// up: the same call may succeed later.
    #[error("cannot {action} {object}: S3 does not answer: {reason}")]
    #[assoc(code = FailureCode::ObjectsUnreachable)]
    Unreachable {
        /// What was tried.
        action: &'static str,
        /// What with.
        object: String,
        /// The chain of causes, in words.
        reason: String,
        /// The error of the SDK.
        source: Box<dyn Error + Send + Sync>,
    },
    /// S3 refused: permissions, a bucket that does not exist.
    #[error("cannot {action} {object}: S3 refuses: {error_code}: {message}")]
    #[assoc(code = FailureCode::ObjectsRefused)]
    Refused {
        /// What was tried.
        action: &'static str,
        /// What with.
        object: String,
        /// S3's own error code.
        error_code: String,
        /// S3's own words.
        message: String,
    },
    /// What arrived is not what is stored.
    #[error("the copy of {object} is damaged: {reason}")]
    #[assoc(code = FailureCode::ObjectsDamaged)]
    Damaged {
        /// Bucket, key and version.
        object: String,
        /// What differs.
        reason: String,
    },
    /// The file at this end cannot be read or written; a full disk is such a case (see [`Self::is_disk_full`]).
    #[error("cannot {action} the file {}: {source}", path.display())]
    #[assoc(code = FailureCode::ObjectsFile)]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A key that is none of ours.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Key(#[from] KeyError),
}

impl ObjectError {
    /// Whether the object does not exist.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// Whether the same call may succeed later, with nothing changed by anybody.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Damaged { .. })
    }

    /// Whether the file at this end did not fit on its disk.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, Self::File { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded))
    }
}
