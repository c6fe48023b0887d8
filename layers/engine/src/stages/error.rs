//! Why a file that another stage wrote is not taken.

use domain::FailureCode;
use enum_assoc::Assoc;

/// A file of another stage that came back from where it was kept and is not what it should be.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum IntermediateError {
    /// It is not there or cannot be opened.
    #[error("{file} cannot be opened: {source}. Fetch it again")]
    #[assoc(code = FailureCode::IntermediateUnreadable)]
    Unreadable {
        /// Name of the file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It cannot be read as what it should be.
    #[error("{file} is damaged: {reason}. Prepare and scan the volume again")]
    #[assoc(code = FailureCode::IntermediateDamaged)]
    Damaged {
        /// Name of the file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// It holds something that does not belong there: too much, too large, or under a strange name.
    #[error("{file} holds what no stage puts there: {reason}. Prepare and scan the volume again")]
    #[assoc(code = FailureCode::IntermediateRefused)]
    Refused {
        /// Name of the file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// It is whole, and belongs to another volume, another range or other settings.
    #[error("{file} does not belong to the other files: {reason}. Prepare and scan the volume again")]
    #[assoc(code = FailureCode::IntermediateForeign)]
    Foreign {
        /// Name of the file.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

impl IntermediateError {
    /// True when trying again with the same file would mend nothing: the volume has to be prepared and scanned again.
    #[must_use]
    pub const fn must_be_made_again(&self) -> bool {
        !matches!(self, Self::Unreadable { .. })
    }
}
