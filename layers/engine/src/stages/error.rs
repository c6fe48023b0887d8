//! Why a file that another stage wrote is not taken.

use crate::error::ErrorClass;

/// A file of another stage that came back from where it was kept and is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum IntermediateError {
    /// It is not there or cannot be opened.
    #[error("{file} cannot be opened: {source}. Fetch it again")]
    Unreadable {
        /// Name of the file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It cannot be read as what it should be.
    #[error("{file} is damaged: {reason}. Prepare and scan the volume again")]
    Damaged {
        /// Name of the file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// It holds something that does not belong there: too much, too large, or under a strange name.
    #[error("{file} holds what no stage puts there: {reason}. Prepare and scan the volume again")]
    Refused {
        /// Name of the file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// It is whole, and belongs to another volume, another range or other settings.
    #[error("{file} does not belong to the other files: {reason}. Prepare and scan the volume again")]
    Foreign {
        /// Name of the file.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

impl IntermediateError {
    /// Stable code of the failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "intermediate.unreadable",
            Self::Damaged { .. } => "intermediate.damaged",
            Self::Refused { .. } => "intermediate.refused",
            Self::Foreign { .. } => "intermediate.foreign",
        }
    }

    /// Who can mend it: nobody outside.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Unreadable { .. } => ErrorClass::Resource,
            Self::Damaged { .. } | Self::Refused { .. } | Self::Foreign { .. } => ErrorClass::Internal,
        }
    }

    /// True when trying again with the same file would mend nothing: the volume has to be prepared and scanned again.
    #[must_use]
    pub const fn must_be_made_again(&self) -> bool {
        !matches!(self, Self::Unreadable { .. })
    }
}
