//! Why an import failed.

use domain::FailureCode;
use enum_assoc::Assoc;
use std::path::PathBuf;

/// Why a wheel, a checkpoint or a language file could not be turned into a model.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum ModelError {
    #[error("{} cannot be read: {source}.", path.display())]
    #[assoc(code = FailureCode::ModelUnreadable)]
    FileUnreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is larger than {limit} bytes.", path.display())]
    #[assoc(code = FailureCode::ModelTooLarge)]
    FileTooLarge { path: PathBuf, limit: u64 },
    #[error("The wheel {} cannot be read: {source}.", path.display())]
    #[assoc(code = FailureCode::ModelWheelUnreadable)]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is not a readable wheel: {reason}.", path.display())]
    #[assoc(code = FailureCode::ModelWheel)]
    Wheel {
        path: PathBuf,
        /// The zip reader's message.
        reason: String,
    },
    /// Releases after 0.0.12 do not contain the weights.
    #[error("The wheel {} does not contain `{entry}`. Only the wheel of blackletter 0.0.12 does.", path.display())]
    #[assoc(code = FailureCode::ModelWeightsMissing)]
    WeightsMissing { path: PathBuf, entry: &'static str },
    #[error(
        "`{entry}` has the SHA-256 digest {found} instead of {expected}. The file is damaged or is not the published one."
    )]
    #[assoc(code = FailureCode::ModelDigest)]
    Digest {
        entry: &'static str,
        /// Hexadecimal.
        expected: &'static str,
        /// Hexadecimal.
        found: String,
    },
    #[error("{} cannot be written: {source}.", path.display())]
    #[assoc(code = FailureCode::ModelUnwritable)]
    Unwritable { path: PathBuf, source: std::io::Error },
    #[error("The checkpoint is not a readable zip archive: {reason}.")]
    #[assoc(code = FailureCode::ModelArchive)]
    Archive {
        /// The zip reader's message.
        reason: String,
    },
    #[error("The checkpoint has no entry `{entry}`. It was not written by torch.save.")]
    #[assoc(code = FailureCode::ModelEntryMissing)]
    EntryMissing { entry: String },
    #[error("The checkpoint's entry `{entry}` is larger than {limit} bytes. No detection model has one that large.")]
    #[assoc(code = FailureCode::ModelEntryTooLarge)]
    EntryTooLarge { entry: String, limit: u64 },
    #[error("The checkpoint was written on a big-endian machine, which is not supported.")]
    #[assoc(code = FailureCode::ModelByteOrder)]
    ByteOrder,
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Pickle(#[from] PickleError),
    /// A tensor that does not cover its storage exactly once in row-major order, or does not hold real numbers.
    #[error("The tensor `{tensor}` of the checkpoint cannot be used: {reason}.")]
    #[assoc(code = FailureCode::ModelTensor)]
    Tensor {
        /// Path of the tensor in the module tree.
        tensor: String,
        reason: &'static str,
    },
    /// A module lacks an attribute, or the attribute does not have the form that it has in ultralytics.
    #[error("`{module}` of the checkpoint has no usable `{attribute}`, so it is not a detection model of ultralytics.")]
    #[assoc(code = FailureCode::ModelNetworkIncomplete)]
    Incomplete {
        /// Path in the module tree.
        module: String,
        attribute: String,
    },
    #[error("`{module}` of the checkpoint cannot be translated: {reason}.")]
    #[assoc(code = FailureCode::ModelNetworkUnsupported)]
    Unsupported {
        /// Path in the module tree.
        module: String,
        reason: &'static str,
    },
    #[error("`{module}` of the checkpoint has {found} channels, but the network around it needs {expected}.")]
    #[assoc(code = FailureCode::ModelNetworkChannels)]
    Channels {
        /// Path in the module tree.
        module: String,
        expected: usize,
        found: usize,
    },
    #[error("The checkpoint's network has more than {limit} {what}.")]
    #[assoc(code = FailureCode::ModelNetworkLimit)]
    NetworkLimit { what: &'static str, limit: usize },
    #[error("`{part}` of the language file is damaged: {reason}.")]
    #[assoc(code = FailureCode::ModelLanguageDamaged)]
    LanguageDamaged { part: &'static str, reason: &'static str },
    #[error("The language file has no component `{component}`.")]
    #[assoc(code = FailureCode::ModelLanguageComponent)]
    LanguageComponent { component: &'static str },
    #[error("The layer `{layer}` of the language's network cannot be translated: {reason}.")]
    #[assoc(code = FailureCode::ModelLanguageNetwork)]
    LanguageLayer {
        /// Its kind or its name.
        layer: String,
        reason: &'static str,
    },
    #[error("The language's network cannot be translated: it {reason}.")]
    #[assoc(code = FailureCode::ModelLanguageNetwork)]
    LanguageNetwork { reason: &'static str },
    #[error("The network of this language writes the character `{character}` as a sequence of several classes.")]
    #[assoc(code = FailureCode::ModelLanguageCodes)]
    LanguageCodes { character: String },
}

/// Why a pickle was refused. None of it was run: the machine only ever builds plain data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum PickleError {
    #[error("The checkpoint's pickle ends early, at byte {at}. The file is cut off.")]
    #[assoc(code = FailureCode::ModelPickleTruncated)]
    Truncated {
        /// Offset in bytes.
        at: usize,
    },
    #[error(
        "The checkpoint's pickle uses opcode {opcode:#04x} at byte {at}, which no checkpoint of ultralytics needs."
    )]
    #[assoc(code = FailureCode::ModelPickleOpcode)]
    Opcode {
        opcode: u8,
        /// Offset in bytes.
        at: usize,
    },
    #[error("The checkpoint's pickle asks for `{name}`, which is not part of a detection model.")]
    #[assoc(code = FailureCode::ModelPickleGlobal)]
    Global {
        /// Module and name, as the pickle gives them.
        name: String,
    },
    #[error("The checkpoint contains the block `{name}`, which Quire cannot translate.")]
    #[assoc(code = FailureCode::ModelBlock)]
    Block {
        /// Without its module.
        name: String,
    },
    /// Operands that do not fit the instruction.
    #[error("The checkpoint's pickle is malformed at byte {at}: {reason}.")]
    #[assoc(code = FailureCode::ModelPickleMalformed)]
    Malformed {
        reason: &'static str,
        /// Offset in bytes, after the instruction.
        at: usize,
    },
    #[error(
        "The checkpoint's pickle has more than {limit} {what}. The checkpoint of a finished training has far fewer."
    )]
    #[assoc(code = FailureCode::ModelPickleLimit)]
    Limit { what: &'static str, limit: usize },
}
