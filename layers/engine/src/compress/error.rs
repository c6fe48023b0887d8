//! What can go wrong while pages are made smaller.

use crate::external::command::CommandError;
use crate::output::OutputError;
use domain::FailureCode;
use enum_assoc::Assoc;
use std::path::Path;

/// A failure of compression as a whole; a page that cannot be compressed is kept as it is.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum CompressError {
    /// A program could not run.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Command(#[from] CommandError),
    /// A file could not be written.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Output(#[from] OutputError),
}

impl CompressError {
    pub(super) fn io(path: &Path, error: std::io::Error) -> Self {
        Self::Output(OutputError::io(path, error))
    }
}
