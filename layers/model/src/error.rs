//! Why an import failed.

use crate::checkpoint::CheckpointError;
use crate::network::NetworkError;
use std::path::PathBuf;

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The wheel cannot be read.
    #[error("cannot read {} ({source}): check the path and its permissions", path.display())]
    Unreadable {
        /// The wheel.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The wheel is no zip archive, or a damaged one.
    #[error("{} is not a readable wheel ({reason}): download blackletter==0.0.12 again", path.display())]
    Wheel {
        /// The wheel.
        path: PathBuf,
        /// What the zip reader says.
        reason: String,
    },
    /// The wheel carries no weights: those of later releases do not.
    #[error("{} carries no `{entry}`: only the wheel of blackletter 0.0.12 does, download that one", path.display())]
    WeightsMissing {
        /// The wheel.
        path: PathBuf,
        /// Name in the wheel.
        entry: &'static str,
    },
    /// The weights are not the published ones.
    #[error(
        "`{entry}` has the SHA-256 digest {found} instead of {expected}: it is damaged or not what was published, download \
         blackletter==0.0.12 again"
    )]
    Digest {
        /// Name in the wheel.
        entry: &'static str,
        /// Of the published file, hexadecimal.
        expected: &'static str,
        /// Of this file, hexadecimal.
        found: String,
    },
    /// The model cannot be written.
    #[error("cannot write {} ({source}): check that the directory can be written and the disk has 200 MB left", path.display())]
    Unwritable {
        /// The file, or its directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The checkpoint cannot be translated.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl ModelError {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "model.wheel-unreadable",
            Self::Wheel { .. } => "model.wheel",
            Self::WeightsMissing { .. } => "model.weights-missing",
            Self::Digest { .. } => "model.digest",
            Self::Unwritable { .. } => "model.unwritable",
            Self::Network(error) => error.code(),
        }
    }
}

impl From<CheckpointError> for ModelError {
    fn from(error: CheckpointError) -> Self {
        Self::Network(error.into())
    }
}
