//! Why an import failed.

use std::path::PathBuf;

/// Why a wheel or a checkpoint could not be turned into a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("The wheel {} cannot be read: {source}.", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is not a readable wheel: {reason}.", path.display())]
    Wheel {
        path: PathBuf,
        /// The zip reader's message.
        reason: String,
    },
    /// Releases after 0.0.12 do not contain the weights.
    #[error("The wheel {} does not contain `{entry}`. Only the wheel of blackletter 0.0.12 does.", path.display())]
    WeightsMissing { path: PathBuf, entry: &'static str },
    #[error(
        "`{entry}` has the SHA-256 digest {found} instead of {expected}. The file is damaged or is not the published one."
    )]
    Digest {
        entry: &'static str,
        /// Hexadecimal.
        expected: &'static str,
        /// Hexadecimal.
        found: String,
    },
    #[error("{} cannot be written: {source}.", path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
    #[error("The checkpoint is not a readable zip archive: {reason}.")]
    Archive {
        /// The zip reader's message.
        reason: String,
    },
    #[error("The checkpoint has no entry `{entry}`. It was not written by torch.save.")]
    EntryMissing { entry: String },
    #[error("The checkpoint's entry `{entry}` is larger than {limit} bytes. No YOLOv8 checkpoint has one that large.")]
    EntryTooLarge { entry: String, limit: u64 },
    #[error("The checkpoint was written on a big-endian machine, which is not supported.")]
    ByteOrder,
    #[error(transparent)]
    Pickle(#[from] PickleError),
    /// A tensor that does not cover its storage exactly once in row-major order, or does not hold real numbers.
    #[error("The tensor `{tensor}` of the checkpoint cannot be used: {reason}.")]
    Tensor {
        /// Path of the tensor in the module tree.
        tensor: String,
        reason: &'static str,
    },
    /// A module lacks an attribute, or the attribute does not have the form that it has in YOLOv8.
    #[error("`{module}` of the checkpoint has no usable `{attribute}`. It is not a YOLOv8 detection model.")]
    Incomplete {
        /// Path in the module tree.
        module: String,
        attribute: String,
    },
    #[error("`{module}` of the checkpoint cannot be translated: {reason}. Only YOLOv8 detection models can be.")]
    Unsupported {
        /// Path in the module tree.
        module: String,
        reason: &'static str,
    },
    #[error("`{module}` of the checkpoint has {found} channels, but the network around it needs {expected}.")]
    Channels {
        /// Path in the module tree.
        module: String,
        expected: usize,
        found: usize,
    },
    #[error("The checkpoint's network has more than {limit} {what}. It is not a YOLOv8 model.")]
    NetworkLimit { what: &'static str, limit: usize },
}

/// Why a pickle was refused. None of it was run: the machine only ever builds plain data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    #[error("The checkpoint's pickle ends early, at byte {at}. The file is cut off.")]
    Truncated {
        /// Offset in bytes.
        at: usize,
    },
    #[error(
        "The checkpoint's pickle uses opcode {opcode:#04x} at byte {at}, which no YOLOv8 checkpoint needs. Do not trust this file."
    )]
    Opcode {
        opcode: u8,
        /// Offset in bytes.
        at: usize,
    },
    #[error("The checkpoint's pickle asks for `{name}`, which is not part of a YOLOv8 model. Do not trust this file.")]
    Global {
        /// Module and name, as the pickle gives them.
        name: String,
    },
    /// Operands that do not fit the instruction.
    #[error("The checkpoint's pickle is malformed at byte {at}: {reason}.")]
    Malformed {
        reason: &'static str,
        /// Offset in bytes, after the instruction.
        at: usize,
    },
    #[error("The checkpoint's pickle has more than {limit} {what}. A YOLOv8 checkpoint has far fewer.")]
    Limit { what: &'static str, limit: usize },
}

impl ModelError {
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "model.wheel-unreadable",
            Self::Wheel { .. } => "model.wheel",
            Self::WeightsMissing { .. } => "model.weights-missing",
            Self::Digest { .. } => "model.digest",
            Self::Unwritable { .. } => "model.unwritable",
            Self::Archive { .. } => "model.archive",
            Self::EntryMissing { .. } => "model.entry-missing",
            Self::EntryTooLarge { .. } => "model.entry-too-large",
            Self::ByteOrder => "model.byte-order",
            Self::Pickle(error) => error.code(),
            Self::Tensor { .. } => "model.tensor",
            Self::Incomplete { .. } => "model.network-incomplete",
            Self::Unsupported { .. } => "model.network-unsupported",
            Self::Channels { .. } => "model.network-channels",
            Self::NetworkLimit { .. } => "model.network-limit",
        }
    }
}

impl PickleError {
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "model.pickle-truncated",
            Self::Opcode { .. } => "model.pickle-opcode",
            Self::Global { .. } => "model.pickle-global",
            Self::Malformed { .. } => "model.pickle-malformed",
            Self::Limit { .. } => "model.pickle-limit",
        }
    }
}
