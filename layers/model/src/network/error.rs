//! Why a checkpoint's network cannot be turned into a graph.

use crate::checkpoint::CheckpointError;
use domain::FailureCode;
use enum_assoc::Assoc;

/// Why a checkpoint's network cannot be turned into a graph.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum NetworkError {
    /// A module lacks something, or has it in another form than YOLOv8's.
    #[error(
        "`{module}` of the checkpoint has no fit `{attribute}`: it is not a YOLOv8 detection model, use the published weights"
    )]
    #[assoc(code = FailureCode::ModelNetworkIncomplete)]
    Incomplete {
        /// Path in the module tree.
        module: String,
        /// Name of what is missing.
        attribute: String,
    },
    /// A module or a setting that the importer does not translate.
    #[error(
        "`{module}` of the checkpoint cannot be translated ({reason}): only YOLOv8 detection models are, use the published weights"
    )]
    #[assoc(code = FailureCode::ModelNetworkUnsupported)]
    Unsupported {
        /// Path in the module tree.
        module: String,
        /// What is not supported.
        reason: &'static str,
    },
    /// Numbers of channels that do not fit each other.
    #[error(
        "`{module}` of the checkpoint has {found} channels where {expected} fit: the file is inconsistent, use the published weights"
    )]
    #[assoc(code = FailureCode::ModelNetworkChannels)]
    Channels {
        /// Path in the module tree.
        module: String,
        /// What the network around it needs.
        expected: usize,
        /// What it has.
        found: usize,
    },
    /// One of the importer's bounds.
    #[error(
        "the checkpoint's network has more than {limit} {what}: this is no YOLOv8 model, use the published weights"
    )]
    #[assoc(code = FailureCode::ModelNetworkLimit)]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A tensor or the file around it.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Checkpoint(#[from] CheckpointError),
}
