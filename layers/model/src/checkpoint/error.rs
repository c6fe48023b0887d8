//! Why a checkpoint cannot be read.

use super::pickle::PickleError;
use domain::FailureCode;
use enum_assoc::Assoc;

/// Why a checkpoint cannot be read.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum CheckpointError {
    /// Not a zip archive, or a damaged one.
    #[error("the checkpoint is not a readable zip archive ({reason}): it is damaged or cut short, fetch it again")]
    #[assoc(code = FailureCode::ModelArchive)]
    Archive {
        /// What the zip reader says.
        reason: String,
    },
    /// A file that every checkpoint has is not in the archive.
    #[error(
        "the checkpoint has no entry `{entry}`: it is not a checkpoint that torch.save wrote, use the published weights"
    )]
    #[assoc(code = FailureCode::ModelEntryMissing)]
    EntryMissing {
        /// Name in the archive.
        entry: String,
    },
    /// A file of the archive is larger than any of a YOLOv8 checkpoint.
    #[error(
        "the checkpoint's entry `{entry}` is larger than {limit} bytes: this is no YOLOv8 checkpoint, use the published weights"
    )]
    #[assoc(code = FailureCode::ModelEntryTooLarge)]
    EntryTooLarge {
        /// Name in the archive.
        entry: String,
        /// The bound, bytes.
        limit: u64,
    },
    /// The elements are stored in the other byte order.
    #[error("the checkpoint was written by a big-endian machine, which is not supported: use the published weights")]
    #[assoc(code = FailureCode::ModelByteOrder)]
    ByteOrder,
    /// The pickle was refused.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Pickle(#[from] PickleError),
    /// A tensor that does not cover its storage once, in row-major order, or holds other than real numbers.
    #[error("tensor `{tensor}` of the checkpoint is unfit ({reason}): use the published weights")]
    #[assoc(code = FailureCode::ModelTensor)]
    Tensor {
        /// Path of the tensor in the module tree.
        tensor: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}
