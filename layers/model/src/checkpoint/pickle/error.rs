//! Why a pickle was refused.

use domain::FailureCode;
use enum_assoc::Assoc;

/// Why a pickle was refused. Nothing of it was run: the machine only ever builds plain data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum PickleError {
    /// The program ends in the middle of an instruction.
    #[error("the checkpoint's pickle ends early, at byte {at}: fetch the file again, it is cut short")]
    #[assoc(code = FailureCode::ModelPickleTruncated)]
    Truncated {
        /// Offset in bytes.
        at: usize,
    },
    /// An opcode that no YOLOv8 checkpoint needs.
    #[error(
        "the checkpoint's pickle uses opcode {opcode:#04x} at byte {at}, which a YOLOv8 checkpoint does not need: do not \
         trust this file, use the published weights"
    )]
    #[assoc(code = FailureCode::ModelPickleOpcode)]
    Opcode {
        /// The opcode.
        opcode: u8,
        /// Offset in bytes.
        at: usize,
    },
    /// A class or function that is not on the list.
    #[error(
        "the checkpoint's pickle asks for `{name}`, which is not part of a YOLOv8 model: do not trust this file, use the \
         published weights"
    )]
    #[assoc(code = FailureCode::ModelPickleGlobal)]
    Global {
        /// Module and name, as the pickle gives them.
        name: String,
    },
    /// Operands that do not fit the instruction.
    #[error("the checkpoint's pickle is malformed at byte {at} ({reason}): use the published weights")]
    #[assoc(code = FailureCode::ModelPickleMalformed)]
    Malformed {
        /// What does not fit.
        reason: &'static str,
        /// Offset in bytes, after the instruction.
        at: usize,
    },
    /// One of the machine's bounds.
    #[error(
        "the checkpoint's pickle has more than {limit} {what}: a YOLOv8 checkpoint has far fewer, use the published weights"
    )]
    #[assoc(code = FailureCode::ModelPickleLimit)]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}
