//! Why an import failed.

use crate::checkpoint::CheckpointError;
use crate::network::NetworkError;
use domain::FailureCode;
use enum_assoc::Assoc;
use std::path::PathBuf;

/// Why an import failed.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum ModelError {
    /// The wheel cannot be read.
    #[error("cannot read {} ({source}): check the path and its permissions", path.display())]
    #[assoc(code = FailureCode::ModelWheelUnreadable)]
    Unreadable {
        /// The wheel.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The wheel is no zip archive, or a damaged one.
    #[error("{} is not a readable wheel ({reason}): download blackletter==0.0.12 again", path.display())]
    #[assoc(code = FailureCode::ModelWheel)]
    Wheel {
        /// The wheel.
        path: PathBuf,
        /// What the zip reader says.
        reason: String,
    },
    /// The wheel carries no weights: those of later releases do not.
    #[error("{} carries no `{entry}`: only the wheel of blackletter 0.0.12 does, download that one", path.display())]
    #[assoc(code = FailureCode::ModelWeightsMissing)]
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
    #[assoc(code = FailureCode::ModelDigest)]
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
    #[assoc(code = FailureCode::ModelUnwritable)]
    Unwritable {
        /// The file, or its directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The checkpoint cannot be translated.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Network(#[from] NetworkError),
}

impl From<CheckpointError> for ModelError {
    fn from(error: CheckpointError) -> Self {
        Self::Network(error.into())
    }
}
