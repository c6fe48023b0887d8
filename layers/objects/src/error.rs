use aws::{Refusal, Unreachable};
use domain::{FailureCode, KeyError};
use enum_assoc::Assoc;
use std::io;
use std::path::PathBuf;

/// A failure of S3, of a transfer, or of the local file. `action` reads as in "Quire could not …"; `object` is bucket, key
/// and version.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum ObjectError {
    #[error("There is no object {object}.")]
    #[assoc(code = FailureCode::ObjectsMissing)]
    Missing { object: String },
    #[error("The object {object} was replaced while Quire read it.")]
    #[assoc(code = FailureCode::ObjectsChanged)]
    Changed { object: String },
    #[error("Quire could not {action} {object} because S3 did not answer ({source}).")]
    #[assoc(code = FailureCode::ObjectsUnreachable)]
    Unreachable { action: &'static str, object: String, source: Unreachable },
    /// Permissions, or a bucket that does not exist.
    #[error("Quire could not {action} {object} because S3 refused the request ({refusal}).")]
    #[assoc(code = FailureCode::ObjectsRefused)]
    Refused { action: &'static str, object: String, refusal: Refusal },
    /// What arrived is not what is stored.
    #[error("The copy of {object} is damaged: {reason}.")]
    #[assoc(code = FailureCode::ObjectsDamaged)]
    Damaged { object: String, reason: String },
    #[error("Quire could not {action} the file {}: {source}.", path.display())]
    #[assoc(code = FailureCode::ObjectsFile)]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Key(#[from] KeyError),
}

impl ObjectError {
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// Whether the same call may succeed later, with nothing changed by anybody.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Damaged { .. })
    }

    /// Whether the local file did not fit on its disk.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        matches!(self, Self::File { source, .. } if matches!(source.kind(), StorageFull | QuotaExceeded))
    }
}
