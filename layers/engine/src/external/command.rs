//! Describes how to run an external program, and the limits that it runs under. [`super::child`] runs it.
//!
//! The limits must be in force before the program's first instruction, and code between fork and exec would be
//! unsafe. So util-linux's `prlimit`, which every Debian has, sets them and then becomes the program. Setting the
//! limits from outside right after the start does not work: on a busy machine the child may have done its damage
//! before its parent runs again.

use domain::FailureCode;
use enum_assoc::Assoc;
use rustix::process::{Resource, getrlimit};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
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
    pub(super) input: Option<Vec<u8>>,
    pub(super) accepted: Vec<i32>,
    pub(super) limits: ResourceLimits,
    pub(super) time_limit: Duration,
    pub(super) output_limit: usize,
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
            input: None,
            accepted: vec![0],
            limits: ResourceLimits::default(),
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

    /// Sets a variable of the child's environment, which otherwise contains only `PATH`, `LANG`, `TMPDIR` and
    /// `OMP_THREAD_LIMIT`.
    #[must_use]
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Where the child puts its temporary files. The default is the system's directory.
    #[must_use]
    pub fn temporary_directory(self, directory: impl Into<PathBuf>) -> Self {
        self.environment("TMPDIR", directory.into())
    }

    /// Bytes for the child's standard input, which is empty by default.
    #[must_use]
    pub fn input(mut self, bytes: Vec<u8>) -> Self {
        self.input = Some(bytes);
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
        self.limits = limits;
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

/// The program that sets the limits, and its package.
pub(super) const LIMITER: (&str, &str) = ("prlimit", "util-linux");

/// What a child, and each of its own children, may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceLimits {
    pub processor_seconds: u64,
    /// Bytes of address space.
    pub address_space: u64,
    /// Bytes of the largest file that it may write.
    pub file_size: u64,
}

impl Default for ResourceLimits {
    /// Ten minutes of processor time, 4 GiB of address space, files up to 8 GiB.
    fn default() -> Self {
        Self { processor_seconds: 600, address_space: 4 << 30, file_size: 8 << 30 }
    }
}

impl ResourceLimits {
    /// The limiter's arguments, up to the program that it becomes.
    pub(super) fn arguments(self) -> Vec<OsString> {
        // The soft limit is one second below the hard limit, so that its signal distinguishes a reached processor
        // limit from any other kill.
        let seconds = self.processor_seconds;
        let processor = pair(Resource::Cpu, seconds, seconds.saturating_add(1));
        let memory = pair(Resource::As, self.address_space, self.address_space);
        let file = pair(Resource::Fsize, self.file_size, self.file_size);
        let limits = [format!("--cpu={processor}"), format!("--as={memory}"), format!("--fsize={file}")];
        limits.into_iter().chain(["--core=0".into(), "--".into()]).map(OsString::from).collect()
    }
}

/// `soft:hard`, but never above the limits of this process, because raising a limit needs privileges.
fn pair(resource: Resource, soft: u64, hard: u64) -> String {
    let ceiling = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    format!("{}:{}", soft.min(ceiling), hard.min(ceiling))
}

/// Why a program did not finish its work.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum CommandError {
    #[error("{program} is not installed. `apt-get install {package}` installs it.")]
    #[assoc(code = FailureCode::ExternalNotInstalled)]
    NotInstalled { program: String, package: &'static str },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limiter_is_told_every_limit() {
        let limits = ResourceLimits { processor_seconds: 5, address_space: 1 << 20, file_size: 1000 };
        let expected = ["--cpu=5:6", "--as=1048576:1048576", "--fsize=1000:1000", "--core=0", "--"];
        assert_eq!(limits.arguments(), expected.map(OsString::from));
    }
}
