//! Runs a child program so that it can neither outlive its welcome nor eat the machine.
//!
//! Every child gets a process group of its own, an environment of a few known variables, limits on
//! processor time, memory and file size, a time limit and a [`Cancellation`]. Past the time limit, when
//! cancelled, and when the [`Running`] value is dropped, the whole group is killed. A child that leaves
//! its group on purpose (`setsid`) is out of reach; none of the programs here does.

mod capture;
mod error;
mod limits;
mod running;
mod spawn;

#[cfg(test)]
mod tests;

pub use error::CommandError;
pub use limits::Limits;
pub use running::Running;

use crate::cancellation::Cancellation;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// How long a program may run unless the caller says otherwise.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(600);

/// How many bytes a program may write to its standard output unless the caller says otherwise.
pub const DEFAULT_OUTPUT_LIMIT: usize = 64 << 20;

/// Where programs are looked for when Quire itself was started without a `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program to run, and all that bounds it.
#[derive(Debug, Clone)]
pub struct Command {
    program: OsString,
    package: &'static str,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    input: Option<Vec<u8>>,
    accepted: Vec<i32>,
    limits: Limits,
    time_limit: Duration,
    output_limit: usize,
}

/// What a program left behind when it ended well.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended: success, or one of the accepted statuses.
    pub status: ExitStatus,
    /// All of its standard output.
    pub stdout: Vec<u8>,
    /// The end of its standard error (at most 64 KiB).
    pub stderr: Vec<u8>,
}

impl Command {
    /// A program, and the Debian package that installs it (named to the user when it is missing).
    #[must_use]
    pub fn new(program: impl Into<OsString>, package: &'static str) -> Self {
        Self {
            program: program.into(),
            package,
            arguments: Vec::new(),
            environment: base_environment(),
            input: None,
            accepted: vec![0],
            limits: Limits::default(),
            time_limit: DEFAULT_TIME_LIMIT,
            output_limit: DEFAULT_OUTPUT_LIMIT,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the child's environment, which otherwise holds only `PATH`, `LANG`, `TMPDIR`
    /// and `OMP_THREAD_LIMIT`.
    #[must_use]
    pub fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Where the child puts its temporary files; the system's directory unless set.
    #[must_use]
    pub fn temporary_directory(self, directory: impl Into<PathBuf>) -> Self {
        self.environment("TMPDIR", directory.into())
    }

    /// Bytes for the child's standard input, which is empty unless set.
    #[must_use]
    pub fn input(mut self, bytes: Vec<u8>) -> Self {
        self.input = Some(bytes);
        self
    }

    /// Counts an exit status besides 0 as success (qpdf ends in 3 after a mere warning).
    #[must_use]
    pub fn accept_status(mut self, status: i32) -> Self {
        self.accepted.push(status);
        self
    }

    /// Replaces the limits on processor time, memory and file size.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Replaces the time limit (wall clock, from the start of the child).
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

    /// Runs the program to its end.
    ///
    /// # Errors
    /// As [`Command::spawn`] and [`Running::wait`].
    pub fn run(self, cancellation: &Cancellation) -> Result<Output, CommandError> {
        if cancellation.is_cancelled() {
            return Err(CommandError::Cancelled { program: self.name() });
        }
        self.spawn()?.wait(cancellation)
    }

    /// Starts the program.
    ///
    /// # Errors
    /// [`CommandError::NotInstalled`] when there is no such program, [`CommandError::Io`] when the
    /// operating system refuses.
    pub fn spawn(self) -> Result<Running, CommandError> {
        Running::new(self)
    }

    /// Where the child looks for programs: the last setting wins, as it does in its environment.
    fn path(&self) -> &OsStr {
        let set = self.environment.iter().rev().find(|(name, _)| name == "PATH");
        set.map_or_else(|| OsStr::new(DEFAULT_PATH), |(_, path)| path.as_os_str())
    }

    fn fault(&self, action: &'static str, source: std::io::Error) -> CommandError {
        CommandError::Io { program: self.name(), action, source }
    }

    /// The program as messages call it.
    fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }
}

/// What every child sees. One thread for OpenMP: workers share the pages, and with more threads
/// Tesseract spends five times the processor time on the same page.
fn base_environment() -> Vec<(OsString, OsString)> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    vec![
        ("PATH".into(), path),
        ("LANG".into(), "C.UTF-8".into()),
        ("TMPDIR".into(), std::env::temp_dir().into()),
        ("OMP_THREAD_LIMIT".into(), "1".into()),
    ]
}
