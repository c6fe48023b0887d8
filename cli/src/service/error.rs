//! Why a command that talks to the service failed.

use crate::terminal::StandardOutputError;
use catalog::CatalogError;
use deployment::DeploymentError;
use domain::{FailureCode, NamingError, ScanId};
use engine::error::EngineError;
use enum_assoc::Assoc;
use objects::ObjectError;
use pipeline::error::StageError;
use queues::QueueError;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub fn code(&self) -> FailureCode)]
pub enum ServiceError {
    /// The reason is a sentence.
    #[error("{reason}")]
    #[assoc(code = FailureCode::CommandArguments)]
    Arguments { reason: String },
    #[error("The setting {variable} ({}) is missing.{}", option(.variable), looked(.file.as_deref()))]
    #[assoc(code = FailureCode::SettingsMissing)]
    SettingMissing {
        variable: &'static str,
        /// The environment file that was read, if there is one.
        file: Option<PathBuf>,
    },
    #[error("The stack {stack} has no output {output}, which gives the setting {variable} ({}).", option(.variable))]
    #[assoc(code = FailureCode::SettingsOutput)]
    OutputMissing { stack: String, output: &'static str, variable: &'static str },
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Deployment(#[from] DeploymentError),
    #[error("The AWS region is missing. AWS_REGION is not set, and AWS_PROFILE names no profile with a region.")]
    #[assoc(code = FailureCode::SettingsMissing)]
    RegionMissing,
    #[error("The environment file {} cannot be read: {cause}.", path.display())]
    #[assoc(code = FailureCode::SettingsFile)]
    EnvironmentFile { path: PathBuf, cause: std::io::Error },
    /// The line, counted from 1, is not shown: it may hold a password.
    #[error("In the environment file {}, line {line} is not KEY=VALUE.", path.display())]
    #[assoc(code = FailureCode::SettingsFile)]
    EnvironmentLine { path: PathBuf, line: usize },
    /// A file that was refused before anything was sent. The reason is a sentence.
    #[error("{}: {reason} Nothing was uploaded.", path.display())]
    #[assoc(code = *_code)]
    NotUploaded { path: PathBuf, code: FailureCode, reason: String },
    #[error("{}: {source}", path.display())]
    #[assoc(code = _source.code())]
    Upload { path: PathBuf, source: ObjectError },
    #[error("The file {} exists. Nothing was downloaded.", path.display())]
    #[assoc(code = FailureCode::DownloadExists)]
    DownloadExists { path: PathBuf },
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Naming(#[from] NamingError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Action(StageError),
    #[error("SQS stopped moving the dead letters of the queue {queue}: {reason}.")]
    #[assoc(code = FailureCode::QueuesRefused)]
    MoveFailed { queue: &'static str, reason: String },
    /// The database has the change, but the queue did not take the message that follows from it.
    #[error("Scan {scan} was changed, but its message was not sent. {source} `reconcile` will send it again.")]
    #[assoc(code = _source.code())]
    Unsent { scan: ScanId, source: QueueError },
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Output(#[from] StandardOutputError),
    #[error("The asynchronous runtime cannot be started: {cause}.")]
    #[assoc(code = FailureCode::CommandRuntime)]
    Runtime { cause: std::io::Error },
    #[error("The command was stopped. Scans in the service continue.")]
    #[assoc(code = FailureCode::CommandStopped)]
    Stopped,
}

impl From<StageError> for ServiceError {
    fn from(error: StageError) -> Self {
        Self::Action(error)
    }
}

impl ServiceError {
    pub fn of_action(scan: ScanId, error: StageError) -> Self {
        match error {
            StageError::Queues(source) => Self::Unsent { scan, source },
            StageError::Catalog(error) => Self::Catalog(error),
            other => Self::Action(other),
        }
    }

    /// A file that the engine refuses.
    pub fn not_uploaded(path: &Path, error: impl Into<EngineError>) -> Self {
        let error = error.into();
        Self::NotUploaded { path: path.to_owned(), code: error.code(), reason: error.to_string() }
    }
}

/// `QUIRE_UPLOAD_BUCKET` is `--upload-bucket`.
fn option(variable: &str) -> String {
    let name = variable.strip_prefix("QUIRE_").unwrap_or(variable);
    format!("--{}", name.to_ascii_lowercase().replace('_', "-"))
}

fn looked(file: Option<&Path>) -> String {
    file.map(|path| format!(" The environment file {} does not contain it.", path.display())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Status;

    #[test]
    fn an_unsent_message_does_not_read_as_a_failed_action() {
        let refusal = aws::Refusal::new(Some("AccessDenied"), Some("no"));
        let source = QueueError::Refused { action: "send messages", refusal };
        let error = ServiceError::of_action(7, StageError::Queues(source));
        assert_eq!((error.code(), error.code().class().exit_status()), (FailureCode::QueuesRefused, Some(7)));
        let start = "Scan 7 was changed, but its message was not sent. Quire could not send messages";
        assert!(error.to_string().starts_with(start), "{error}");
    }

    #[test]
    fn the_exit_status_tells_who_can_fix_it() {
        let refused = CatalogError::Refused { scan: 7, status: Status::Approved, reason: "final".to_owned() };
        assert_eq!(ServiceError::of_action(7, StageError::Catalog(refused)).code().class().exit_status(), Some(8));
        assert_eq!(ServiceError::Catalog(CatalogError::Unknown(7)).code().class().exit_status(), Some(8));
        let input = StageError::Engine(engine::source::SourceError::Empty.into());
        assert_eq!(ServiceError::of_action(7, input).code().class().exit_status(), Some(3));
        assert_eq!(ServiceError::RegionMissing.code().class().exit_status(), Some(2));
    }

    #[test]
    fn a_refused_file_is_named() {
        let error = ServiceError::not_uploaded(Path::new("a.pdf"), engine::source::SourceError::Empty);
        insta::assert_snapshot!(error, @"a.pdf: The file is empty (0 bytes). Nothing was uploaded.");
        assert_eq!(error.code(), "source.empty");
    }
}
