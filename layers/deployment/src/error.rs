use aws::{CallError, Refusal, Unreachable};
use domain::FailureCode;
use enum_assoc::Assoc;
use std::path::PathBuf;

/// Why a stack or its logs cannot be read. `action` reads as in "Quire could not …".
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum DeploymentError {
    #[error("There is no stack {name} in this account and region.")]
    #[assoc(code = FailureCode::StackUnknown)]
    UnknownStack { name: String },
    #[error("Quire could not {action} because AWS did not answer ({source}).")]
    #[assoc(code = FailureCode::StackUnreachable)]
    Unreachable { action: &'static str, source: Unreachable },
    #[error("Quire could not {action} because AWS refused the request ({refusal}).")]
    #[assoc(code = FailureCode::StackRefused)]
    Refused { action: &'static str, refusal: Refusal },
    #[error("The log {} cannot be read: {cause}.", path.display())]
    #[assoc(code = FailureCode::LogsFile)]
    LogFile { path: PathBuf, cause: std::io::Error },
}

impl DeploymentError {
    pub(crate) fn of(action: &'static str, error: CallError) -> Self {
        match error {
            CallError::Unreachable(source) => Self::Unreachable { action, source },
            CallError::Refused { refusal, .. } => Self::Refused { action, refusal },
        }
    }
}
