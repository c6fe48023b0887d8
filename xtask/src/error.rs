//! What can go wrong, with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a task failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program did not start.
    #[error("`{command}` could not be started ({source}): install it and put it into PATH")]
    Start {
        /// The command line.
        command: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A program ended with a failure.
    #[error("`{command}` failed ({status}); its own message is above")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
    },
    /// A file or directory could not be used.
    #[error("{action} {path}: {source}; mend that path, or set QUIRE_HOME to another directory if it lies there")]
    File {
        /// What was tried: "reading", "writing" …
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No place for the installed things.
    #[error(
        "neither QUIRE_HOME nor XDG_DATA_HOME nor HOME is set: set QUIRE_HOME to a directory for models and libraries"
    )]
    NoHome,
    /// No wheels for this host.
    #[error(
        "the native libraries are pinned for Linux on x86_64 and aarch64, not for {system} on {architecture}: use such a machine"
    )]
    UnsupportedHost {
        /// Operating system.
        system: &'static str,
        /// Processor architecture.
        architecture: &'static str,
    },
    /// Packages must be installed by a person.
    #[error("{reason}: install these packages (Debian's names) and run this again: {packages}")]
    PackagesMissing {
        /// Names, separated by spaces.
        packages: String,
        /// Why this task cannot install them.
        reason: &'static str,
    },
    /// The index did not give a wheel.
    #[error("pip could not fetch {requirement}: {said}; check the network and pip's settings")]
    Download {
        /// `name==version`.
        requirement: String,
        /// pip's last words.
        said: String,
    },
    /// The wheel is not what it should be.
    #[error(
        "the wheel {wheel} cannot be used: {reason}; run this again, and if it persists check the pin in xtask/src/setup"
    )]
    Wheel {
        /// The wheel's file.
        wheel: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file has another digest than the pinned one.
    #[error(
        "{file} has sha256 {found}, pinned is {expected}: it was not installed; find out who changed it before changing the pin"
    )]
    Digest {
        /// The file.
        file: String,
        /// The pinned digest.
        expected: String,
        /// The digest of what came.
        found: String,
    },
    /// The weights could not be imported.
    #[error("the model weights could not be imported: {0}")]
    Model(#[from] model::ModelError),
    /// A PDF that the task needs is not there.
    #[error("{path} is missing: {advice}")]
    VolumeMissing {
        /// Where it should be.
        path: PathBuf,
        /// What to do.
        advice: &'static str,
    },
    /// A program printed what cannot be understood.
    #[error("`{command}` printed something unexpected ({reason}); run it by hand and look")]
    Output {
        /// The command line.
        command: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Checks or tests failed.
    #[error("failed: {0}")]
    Checks(String),
    /// The local stack did not start or end.
    #[error(transparent)]
    Stack(#[from] crate::stack::StackError),
    /// Programs that the bench measured failed.
    #[error("these runs of the bench failed, their messages are above: {0}")]
    Bench(String),
}

impl Error {
    /// Wraps a file error; for `map_err`.
    pub fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}
