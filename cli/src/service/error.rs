//! Why a command that talks to the service failed.

use catalog::CatalogError;
use domain::{FailureCode, NamingError, ScanId};
use engine::error::EngineError;
use enum_assoc::Assoc;
use objects::ObjectError;
use pipeline::error::StageError;
use queues::QueueError;
use std::path::PathBuf;

/// Why a command that talks to the service failed.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub fn code(&self) -> FailureCode)]
pub enum ServiceError {
    /// Arguments that do not go together.
    #[error("{reason}")]
    #[assoc(code = FailureCode::CommandArguments)]
    Arguments {
        /// Why, as a sentence.
        reason: String,
    },
    /// A setting is missing.
    #[error(
        "{variable} is not set. Give {}, set the variable, or name a file that holds it with --environment-file \
         ({})", option(.variable), looked(.file.as_ref())
    )]
    #[assoc(code = FailureCode::SettingsMissing)]
    SettingMissing {
        /// Its variable.
        variable: &'static str,
        /// The environment file, if there is one.
        file: Option<PathBuf>,
    },
    /// AWS's libraries found no region.
    #[error(
        "no AWS region is set. Set AWS_REGION, or AWS_PROFILE to a profile that has one, or AWS_REGION in the \
         environment file"
    )]
    #[assoc(code = FailureCode::SettingsMissing)]
    RegionMissing,
    /// The environment file cannot be read.
    #[error("the environment file {} cannot be read: {cause}", path.display())]
    #[assoc(code = FailureCode::SettingsFile)]
    EnvironmentFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A line of the environment file is no setting.
    #[error("line {line} of the environment file {} is not KEY=VALUE", path.display())]
    #[assoc(code = FailureCode::SettingsFile)]
    EnvironmentLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A volume that is not fit to be uploaded, or whose name does not say where it belongs.
    #[error("{}: {reason} Nothing was uploaded", path.display())]
    #[assoc(code = *_code)]
    NotUploaded {
        /// The file.
        path: PathBuf,
        /// Code of the reason.
        code: FailureCode,
        /// The reason, as a sentence.
        reason: String,
    },
    /// An upload that failed on its way.
    #[error("{}: {source}", path.display())]
    #[assoc(code = _source.code())]
    Upload {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: ObjectError,
    },
    /// The database.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Catalog(#[from] CatalogError),
    /// S3.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Naming(#[from] NamingError),
    /// An operator's action.
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Action(StageError),
    /// An operator's action was done, but its message was not sent.
    #[error(
        "Scan {scan} was changed, but its message was not sent. {source} `reconcile` sends it again, so nothing needs to be done."
    )]
    #[assoc(code = _source.code())]
    Unsent {
        /// The scan.
        scan: ScanId,
        /// What the queue said.
        source: QueueError,
    },
    /// Standard output does not take what there is to say.
    #[error("cannot write to standard output: {cause}")]
    #[assoc(code = FailureCode::CommandOutput)]
    Output {
        /// What the system said.
        cause: std::io::Error,
    },
    /// The runtime does not start.
    #[error("cannot wait for answers: {cause}")]
    #[assoc(code = FailureCode::CommandRuntime)]
    Runtime {
        /// What the system said.
        cause: std::io::Error,
    },
    /// A signal.
    #[error("stopped; scans in the service go on")]
    #[assoc(code = FailureCode::CommandStopped)]
    Stopped,
}

impl ServiceError {
    /// An action's failure. A message that was not sent is told apart: by then the scan is changed.
    pub fn of_action(scan: ScanId, error: StageError) -> Self {
        match error {
            StageError::Queues(source) => Self::Unsent { scan, source },
            StageError::Catalog(error) => Self::Catalog(error),
            other => Self::Action(other),
        }
    }

    /// A volume that the engine refuses.
    pub fn not_uploaded(path: PathBuf, error: impl Into<EngineError>) -> Self {
        let error = error.into();
        Self::NotUploaded { path, code: error.code(), reason: sentence(&error.to_string()) }
    }
}

/// Some of the engine's messages end in a full stop, some do not.
fn sentence(message: &str) -> String {
    format!("{}.", message.trim_end_matches('.'))
}

/// `QUIRE_UPLOAD_BUCKET` is `--upload-bucket`.
fn option(variable: &str) -> String {
    let name = variable.strip_prefix("QUIRE_").unwrap_or(variable);
    format!("--{}", name.to_ascii_lowercase().replace('_', "-"))
}

fn looked(file: Option<&PathBuf>) -> String {
    match file {
        Some(path) => format!("{} does not", path.display()),
        None => "`cargo xtask up` writes target/stack/environment, which is taken when it is there".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Status;

    #[test]
    fn a_message_that_was_not_sent_does_not_read_as_an_action_that_failed() {
        let refusal = aws::Refusal::new(Some("AccessDenied"), Some("no"));
        let source = QueueError::Refused { action: "send messages", refusal };
        let error = ServiceError::of_action(7, StageError::Queues(source));
        assert_eq!((error.code(), error.code().class().exit_status()), (FailureCode::QueuesRefused, Some(7)));
        assert!(
            error
                .to_string()
                .starts_with("Scan 7 was changed, but its message was not sent. Quire could not send messages"),
            "{error}"
        );
    }

    #[test]
    fn the_exit_status_tells_who_can_mend_it() {
        let refused = CatalogError::Refused { scan: 7, status: Status::Approved, reason: "final".to_owned() };
        assert_eq!(ServiceError::of_action(7, StageError::Catalog(refused)).code().class().exit_status(), Some(8));
        assert_eq!(ServiceError::Catalog(CatalogError::Unknown(7)).code().class().exit_status(), Some(8));
        let input = StageError::Engine(engine::source::SourceError::Empty.into());
        assert_eq!(ServiceError::of_action(7, input).code().class().exit_status(), Some(3));
        assert_eq!(ServiceError::RegionMissing.code().class().exit_status(), Some(2));
    }

    #[test]
    fn messages_of_the_engine_become_one_sentence() {
        let error = ServiceError::not_uploaded("a.pdf".into(), engine::source::SourceError::Empty);
        insta::assert_snapshot!(error, @"a.pdf: The file is empty. Nothing was uploaded");
        assert_eq!(error.code(), "source.empty");
    }
}
