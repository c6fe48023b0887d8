//! Why results cannot be written.

use domain::FailureCode;
use enum_assoc::Assoc;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum OutputError {
    #[error("There is no space left on the disk to write {path}.")]
    #[assoc(code = FailureCode::OutputDiskFull)]
    DiskFull { path: PathBuf },
    #[error("{path} cannot be read or written: {source}.")]
    #[assoc(code = FailureCode::OutputIo)]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{path} contains files that are not a result of Quire.")]
    #[assoc(code = FailureCode::OutputNotOurs)]
    NotOurs { path: PathBuf },
    #[error("The image of a page cannot be decoded or encoded: {reason}.")]
    #[assoc(code = FailureCode::OutputPageImage)]
    PageImage { reason: String },
    /// A document that Quire or Ghostscript wrote cannot be read, or a new one cannot be built.
    #[error("A page cannot be built: {reason}.")]
    #[assoc(code = FailureCode::OutputDocument)]
    Document { reason: String },
}

impl OutputError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::StorageFull {
            Self::DiskFull { path }
        } else {
            Self::Io { path, source }
        }
    }

    pub(super) fn document(path: &Path, error: lopdf::Error) -> Self {
        match error {
            lopdf::Error::IO(source) => Self::io(path, source),
            other => Self::Document { reason: other.to_string() },
        }
    }
}
