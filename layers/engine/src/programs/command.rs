//! Describes how to run an external program: what it may read and write, and the limits that it runs under.
//! [`super::child`] runs it.
//!
//! All of this must be in force before the program's first instruction, and code between fork and exec would be unsafe.
//! So `quire-sandbox`, a program of this workspace, confines itself and then becomes the program.

use domain::FailureCode;
use enum_assoc::Assoc;
use sandbox::confinement::{Confinement, Task};
pub use sandbox::limits::ResourceLimits;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// How long a program may run, unless the caller sets another limit.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(600);

/// How many bytes a program may write to its standard output, unless the caller sets another limit.
pub const DEFAULT_OUTPUT_LIMIT: usize = 64 << 20;

/// Where programs are searched for if Quire itself was started without a `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program to run, with all its limits.
#[derive(Debug, Clone)]
pub struct Command {
    pub(super) program: OsString,
    pub(super) package: &'static str,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) input: Input,
    pub(super) accepted: Vec<i32>,
    pub(super) confinement: Confinement,
    pub(super) time_limit: Duration,
    pub(super) output_limit: usize,
}

/// What a child reads from its standard input.
#[derive(Debug, Clone, Default)]
pub(super) enum Input {
    #[default]
    Empty,
    Bytes(Vec<u8>),
    /// What is written while it runs.
    Pipe,
}

/// The output of a program that succeeded.
#[derive(Debug, Clone)]
pub struct Output {
    /// Success, or one of the accepted statuses.
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    /// The end of its standard error (at most 64 KiB).
    pub stderr: Vec<u8>,
}

impl Command {
    /// Takes a program and the Debian package that installs it. The error about a missing program names the package.
    #[must_use]
    pub fn new(program: impl Into<OsString>, package: &'static str) -> Self {
        Self {
            program: program.into(),
            package,
            arguments: Vec::new(),
            environment: base_environment(),
            input: Input::Empty,
            accepted: vec![0],
            confinement: Confinement::default(),
            time_limit: DEFAULT_TIME_LIMIT,
            output_limit: DEFAULT_OUTPUT_LIMIT,
        }
    }

    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    #[must_use]
    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the child's environment, which otherwise contains only `PATH`, `LANG`, `OMP_THREAD_LIMIT` and
    /// `TMPDIR`. The latter is usable only for a child that may write.
    #[must_use]
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// A file or directory that the child may read, besides the programs, libraries and languages of the system.
    #[must_use]
    pub fn reads(mut self, path: impl Into<PathBuf>) -> Self {
        self.confinement.reads.push(path.into());
        self
    }

    /// A file that the child writes. It may change the whole directory of that file, and has its temporary files there.
    /// Without this, it can write no file at all.
    #[must_use]
    pub fn writes(mut self, target: &Path) -> Self {
        let directory = match target.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => target,
        };
        self.confinement.writes.push(directory.to_owned());
        self.environment("TMPDIR", directory)
    }

    /// Bytes for the child's standard input, which is empty by default.
    #[must_use]
    pub fn input(mut self, bytes: Vec<u8>) -> Self {
        self.input = Input::Bytes(bytes);
        self
    }

    /// Counts another exit status besides 0 as success. qpdf exits with 3 after a warning.
    #[must_use]
    pub fn accept_status(mut self, status: i32) -> Self {
        self.accepted.push(status);
        self
    }

    /// Replaces the limits on processor time, memory and file size.
    #[must_use]
    pub const fn limits(mut self, limits: ResourceLimits) -> Self {
        self.confinement.limits = limits;
        self
    }

    /// Replaces the time limit, which counts wall-clock time from the start of the child.
    #[must_use]
    pub const fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Replaces the limit on the bytes of standard output.
    #[must_use]
    pub const fn output_limit(mut self, bytes: usize) -> Self {
        self.output_limit = bytes;
        self
    }

    /// Where the child searches for programs. The last setting wins, as it does in the child's environment.
    pub(super) fn path(&self) -> &OsStr {
        let set = self.environment.iter().rev().find(|(name, _)| name == "PATH");
        set.map_or_else(|| OsStr::new(DEFAULT_PATH), |(_, path)| path.as_os_str())
    }

    /// The arguments of `quire-sandbox` that make it this program, which was found at `program`.
    pub(super) fn launch_arguments(&self, program: PathBuf) -> Vec<OsString> {
        let (confinement, arguments) = (self.confinement.clone(), self.arguments.clone());
        Task::Run { confinement, program: program.into(), arguments }.to_arguments()
    }

    pub(super) fn fault(&self, action: &'static str, source: std::io::Error) -> CommandError {
        CommandError::Io { program: self.name(), action, source }
    }

    /// The program's name in messages.
    pub(super) fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }
}

/// The environment of every child. OpenMP gets one thread, because the workers already share the pages and Tesseract
/// spends five times the processor time on a page when it has more.
fn base_environment() -> Vec<(OsString, OsString)> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    vec![
        ("PATH".into(), path),
        ("LANG".into(), "C.UTF-8".into()),
        ("TMPDIR".into(), std::env::temp_dir().into()),
        ("OMP_THREAD_LIMIT".into(), "1".into()),
    ]
}

/// Why a program did not finish its work.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum CommandError {
    #[error("{program} is not installed. `apt-get install {package}` installs it.")]
    #[assoc(code = FailureCode::ExternalNotInstalled)]
    NotInstalled { program: String, package: &'static str },
    #[error("quire-sandbox, which starts {program}, is not beside {}.", quire.display())]
    #[assoc(code = FailureCode::ExternalSandboxMissing)]
    SandboxMissing { program: String, quire: PathBuf },
    /// The program reached the time limit or the limit on processor seconds.
    #[error("{program} was stopped because it was still running after {} s.", limit.as_secs_f64())]
    #[assoc(code = FailureCode::ExternalTimedOut)]
    TimedOut { program: String, limit: Duration },
    #[error("{program} failed ({status}). The last lines that it printed were:\n{last_lines}")]
    #[assoc(code = FailureCode::ExternalFailed)]
    Failed { program: String, status: ExitStatus, last_lines: String },
    #[error("{program} was stopped because the work was cancelled.")]
    #[assoc(code = FailureCode::ExternalCancelled)]
    Cancelled { program: String },
    #[error("{program} found no space left on the disk.")]
    #[assoc(code = FailureCode::ExternalOutOfSpace)]
    OutOfSpace { program: String },
    #[error("{program} was stopped because it wrote a file of more than {limit} bytes.")]
    #[assoc(code = FailureCode::ExternalFileTooLarge)]
    FileTooLarge { program: String, limit: u64 },
    #[error("{program} was stopped because it printed more than {limit} bytes.")]
    #[assoc(code = FailureCode::ExternalOutputTooLarge)]
    OutputTooLarge { program: String, limit: usize },
    #[error("Quire could not {action} {program}: {source}.")]
    #[assoc(code = FailureCode::ExternalIo)]
    Io {
        program: String,
        /// A verb: "start", "watch", ...
        action: &'static str,
        source: std::io::Error,
    },
}
