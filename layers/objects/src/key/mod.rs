//! Keys, one type a kind: an upload's key is whatever somebody chose, ours are made here.

mod attempt;
mod upload;

pub use attempt::{AttemptKey, AttemptPrefix, Kind, ResultKey, Results, Work, WorkKey};
pub use upload::{KeyIdentity, UploadKey};

pub(crate) use upload::UPLOAD_ROOT;

/// A text that is no key of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A name that does not stay below the attempt's prefix, or that no file could have.
    #[error("{name:?} is no name for an object of an attempt")]
    Name {
        /// The name.
        name: String,
    },
    /// A key that is not below an attempt's prefix.
    #[error("{key:?} is not below {root}/{{scan}}/{{token}}/")]
    Foreign {
        /// The key or prefix.
        key: String,
        /// What it should begin with.
        root: &'static str,
    },
}

impl KeyError {
    /// A stable name of the kind of failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "objects.name",
            Self::Foreign { .. } => "objects.foreign_key",
        }
    }
}
