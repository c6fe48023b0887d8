//! What can go wrong while pages are made smaller.

use crate::error::ErrorClass;
use crate::external::command::CommandError;
use crate::output::OutputError;
use std::path::Path;

/// A failure of compression as a whole; a page that cannot be compressed is kept as it is.
#[derive(Debug, thiserror::Error)]
pub enum CompressError {
    /// A program could not run.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A file could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl CompressError {
    /// Stable code of the failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Command(error) => error.code(),
            Self::Output(error) => error.code(),
        }
    }

    /// Who can mend it.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Command(error) => error.class(),
            Self::Output(error) => error.class(),
        }
    }

    pub(super) fn io(path: &Path, error: std::io::Error) -> Self {
        Self::Output(OutputError::io(path, error))
    }
}
