//! Runs a child program so that it cannot run forever and cannot use up the machine.
//!
//! Every child gets its own process group, an environment of a few known variables, limits on processor time, memory
//! and file size, a time limit, and a [`Cancellation`]. The whole group is killed when the time limit is reached,
//! when the work is cancelled, and when the [`Running`] value is dropped. Children are started by `quire-sandbox`, which
//! forbids them to leave their group, to start processes, and to reach anything but their files.
//!
//! One thread reads and watches the child, and sleeps until something happens.

#[cfg(test)]
mod tests;

use super::command::{Command, CommandError, Input, Output};
use super::launcher;
use crate::cancellation::Cancellation;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, OFlags, fcntl_setfl, memfd_create};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a waiting thread checks the cancellation flag.
pub(super) const CANCELLATION_PERIOD: Duration = Duration::from_millis(50);

/// How many chunks are read from the pipes of a child that has ended. A pipe holds at most 1 MiB, so more can only
/// come from a process that left the group.
const LAST_CHUNKS: usize = 32;

impl Command {
    /// Runs the program until it ends.
    ///
    /// # Errors
    /// See [`Command::spawn`] and [`Running::wait`].
    pub fn run(self, cancellation: &Cancellation) -> Result<Output, CommandError> {
        if cancellation.is_cancelled() {
            return Err(CommandError::Cancelled { program: self.name() });
        }
        self.spawn()?.wait(cancellation)
    }

    /// Starts the program.
    ///
    /// # Errors
    /// [`CommandError::NotInstalled`] if the program does not exist, and [`CommandError::Io`] if the operating system
    /// refuses to start it.
    pub fn spawn(self) -> Result<Running, CommandError> {
        Running::new(self)
    }
}

/// A running child, whose output is collected. Dropping it kills its whole process group.
#[derive(Debug)]
pub struct Running {
    command: Command,
    started: Instant,
    process: Process,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    output: Vec<u8>,
    complaints: Tail,
}

impl Running {
    pub(super) fn new(mut command: Command) -> Result<Self, CommandError> {
        let mut process = start(&mut command)?;
        let (stdout, stderr) = (process.child.stdout.take(), process.child.stderr.take());
        Ok(Self {
            command,
            started: Instant::now(),
            process,
            stdout,
            stderr,
            output: Vec::new(),
            complaints: Tail::default(),
        })
    }

    /// The process id of the child, which is also the id of its process group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// Waits until the child ends, then kills the rest of its group.
    ///
    /// # Errors
    /// Every [`CommandError`] except `NotInstalled`. After an error, no process of the group is left running.
    pub fn wait(mut self, cancellation: &Cancellation) -> Result<Output, CommandError> {
        while !self.sleep()? {
            self.check(cancellation)?;
            self.pump()?;
        }
        let status = self.process.end().map_err(|error| self.command.fault("stop", error))?;
        for _ in 0..LAST_CHUNKS {
            if !self.pump()? {
                break;
            }
        }
        self.judge(status)
    }

    /// Sleeps until the child ends (returns true), one of its pipes is ready, or the next check is due.
    fn sleep(&self) -> Result<bool, CommandError> {
        let left = self.command.time_limit.saturating_sub(self.started.elapsed());
        let timeout = Timespec::try_from(left.min(CANCELLATION_PERIOD))
            .map_err(|error| self.command.fault("watch", std::io::Error::other(error)))?;
        let mut watched = vec![PollFd::new(&self.process.ended, PollFlags::IN)];
        let stdout = self.stdout.iter().map(AsFd::as_fd);
        let pipes = stdout.chain(self.stderr.iter().map(AsFd::as_fd));
        watched.extend(pipes.map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)));
        match poll(&mut watched, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(self.command.fault("watch", error.into())),
        }
        Ok(watched.first().is_some_and(|child| !child.revents().is_empty()))
    }

    fn check(&self, cancellation: &Cancellation) -> Result<(), CommandError> {
        let program = self.command.name();
        if cancellation.is_cancelled() {
            return Err(CommandError::Cancelled { program });
        }
        if self.started.elapsed() >= self.command.time_limit {
            return Err(CommandError::TimedOut { program, limit: self.command.time_limit });
        }
        Ok(())
    }

    /// Reads what the pipes have now. Returns false if neither of them had any data.
    fn pump(&mut self) -> Result<bool, CommandError> {
        let output = read(&mut self.stdout, |bytes| self.output.extend_from_slice(bytes));
        let complaints = read(&mut self.stderr, |bytes| self.complaints.push(bytes));
        let moved =
            output.and_then(|first| Ok(first | complaints?)).map_err(|error| self.command.fault("read from", error))?;
        if self.output.len() > self.command.output_limit {
            let (program, limit) = (self.command.name(), self.command.output_limit);
            return Err(CommandError::OutputTooLarge { program, limit });
        }
        Ok(moved)
    }

    fn judge(mut self, status: ExitStatus) -> Result<Output, CommandError> {
        let stdout = std::mem::take(&mut self.output);
        let stderr = std::mem::take(&mut self.complaints).into_bytes();
        if status.code().is_some_and(|code| self.command.accepted.contains(&code)) {
            return Ok(Output { status, stdout, stderr });
        }
        Err(failure(&self.command, status, last_lines(&stdout, &stderr)))
    }
}

/// Reads a chunk of a pipe, and drops the pipe when the other side has closed it.
fn read<P: std::io::Read>(pipe: &mut Option<P>, keep: impl FnMut(&[u8])) -> std::io::Result<bool> {
    let Some(source) = pipe else { return Ok(false) };
    let progress = read_chunk(source, keep)?;
    if progress == ReadOutcome::Closed {
        *pipe = None;
    }
    Ok(progress == ReadOutcome::Read)
}

pub(super) fn failure(command: &Command, status: ExitStatus, last_lines: String) -> CommandError {
    let program = command.name();
    let signal = status.signal();
    if signal == Some(Signal::XCPU.as_raw()) {
        let limit = Duration::from_secs(command.confinement.limits.processor_seconds);
        return CommandError::TimedOut { program, limit };
    }
    if signal == Some(Signal::XFSZ.as_raw()) {
        return CommandError::FileTooLarge { program, limit: command.confinement.limits.file_size };
    }
    if last_lines.to_lowercase().contains("no space left") {
        return CommandError::OutOfSpace { program };
    }
    CommandError::Failed { program, status, last_lines }
}

/// A child in a process group of its own. Dropping it kills the whole group.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) child: Child,
    id: Pid,
    /// Becomes readable when the child ends.
    ended: OwnedFd,
    reaped: bool,
}

/// How long a child may take to end after it has closed its output.
const LAST_MOMENT: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

impl Process {
    /// Gives a child that is about to end the time to do so, so that its status is its own.
    pub(super) fn await_end(&self) {
        // If this fails, the child is killed at once.
        let _ = poll(&mut [PollFd::new(&self.ended, PollFlags::IN)], Some(&LAST_MOMENT));
    }

    /// Kills the rest of the group, and only then reaps the child: after that, its process id may belong to another
    /// process.
    pub(super) fn end(&mut self) -> std::io::Result<ExitStatus> {
        match kill_process_group(self.id, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => self.child.kill().map_err(|_| std::io::Error::from(error))?,
        }
        let status = self.child.wait()?;
        self.reaped = true;
        Ok(status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.reaped {
            // A destructor cannot report an error, and the only cause is a child that has already ended.
            let _ = self.end();
        }
    }
}

/// Starts the child in its own process group, with non-blocking pipes.
pub(super) fn start(command: &mut Command) -> Result<Process, CommandError> {
    let missing = || CommandError::NotInstalled { program: command.name(), package: command.package };
    let program = installed(&command.program, command.path()).ok_or_else(missing)?;
    let input = input(command)?;
    let mut child = spawn(command, program, input)?;
    let id = Pid::from_child(&child);
    match watchable(&child, id) {
        Ok(ended) => Ok(Process { child, id, ended, reaped: false }),
        Err(error) => {
            // Report the error that prevented the watch, not an error of the clean-up.
            let _ = kill_process_group(id, Signal::KILL);
            let _ = child.wait();
            Err(command.fault("watch", error.into()))
        }
    }
}

/// The path of a program. The launcher has no `PATH`, and would report a missing program only as an error of its own.
fn installed(program: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let is_executable =
        |file: &PathBuf| file.metadata().is_ok_and(|entry| entry.is_file() && entry.permissions().mode() & 0o111 != 0);
    if Path::new(program).components().count() > 1 {
        return Some(PathBuf::from(program)).filter(is_executable);
    }
    std::env::split_paths(path).map(|directory| directory.join(program)).find(is_executable)
}

/// The input as a file in memory. It needs no thread that writes it, and a program may seek in it. Some programs read
/// `/proc/self/fd/0` faster than a pipe.
fn input(command: &mut Command) -> Result<Stdio, CommandError> {
    let bytes = match std::mem::take(&mut command.input) {
        Input::Empty => return Ok(Stdio::null()),
        Input::Pipe => return Ok(Stdio::piped()),
        Input::Bytes(bytes) => bytes,
    };
    let filled = || {
        let mut file = File::from(memfd_create("input", MemfdFlags::CLOEXEC)?);
        file.write_all(&bytes)?;
        file.rewind()?;
        Ok(file.into())
    };
    filled().map_err(|error| command.fault("feed", error))
}

fn spawn(command: &Command, program: PathBuf, input: Stdio) -> Result<Child, CommandError> {
    let launcher = launcher::path(&command.name())?;
    // The absolute path of the launcher matters: with a bare name the standard library forks, and a fork copies the page
    // tables of all the memory that the models use.
    std::process::Command::new(launcher)
        .args(command.launch_arguments(program))
        .env_clear()
        .envs(command.environment.iter().map(|(name, value)| (name, value)))
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| command.fault("start", error))
}

fn watchable(child: &Child, process: Pid) -> Result<OwnedFd, Errno> {
    child.stdout.as_ref().map_or(Ok(()), unblock)?;
    child.stderr.as_ref().map_or(Ok(()), unblock)?;
    pidfd_open(process, PidfdFlags::empty())
}

fn unblock(pipe: impl AsFd) -> Result<(), Errno> {
    fcntl_setfl(pipe, OFlags::NONBLOCK)
}

/// Bytes per read: the default capacity of a pipe.
const CHUNK: usize = 64 << 10;

/// How many bytes of standard error are kept: the last ones.
const TAIL: usize = 64 << 10;

/// How many lines and characters an error message quotes.
const QUOTED_LINES: usize = 8;
const QUOTED_CHARACTERS: usize = 2000;

/// The result of one attempt to read a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadOutcome {
    Read,
    /// There is no data at the moment.
    Empty,
    /// The other side has closed the pipe.
    Closed,
}

/// Reads at most one chunk and passes it to `keep`.
fn read_chunk(source: &mut impl Read, mut keep: impl FnMut(&[u8])) -> std::io::Result<ReadOutcome> {
    let mut chunk = [0; CHUNK];
    match source.read(&mut chunk) {
        Ok(0) => Ok(ReadOutcome::Closed),
        Ok(count) => {
            keep(chunk.get(..count).unwrap_or_default());
            Ok(ReadOutcome::Read)
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(ReadOutcome::Empty),
        Err(error) => Err(error),
    }
}

#[derive(Debug, Default)]
pub(super) struct Tail(VecDeque<u8>);

impl Tail {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        self.0.drain(..self.0.len().saturating_sub(TAIL));
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into()
    }
}

/// The last lines that a program printed, ready to be quoted. Ghostscript reports errors on its standard output, the
/// other programs on standard error.
pub(super) fn last_lines(stdout: &[u8], stderr: &[u8]) -> String {
    let mut lines = quotable_lines(stdout);
    lines.extend(quotable_lines(stderr));
    let text = lines.split_off(lines.len().saturating_sub(QUOTED_LINES)).join("\n");
    let surplus = text.chars().count().saturating_sub(QUOTED_CHARACTERS);
    text.chars().skip(surplus).collect()
}

fn quotable_lines(bytes: &[u8]) -> Vec<String> {
    let tail = bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or_default();
    String::from_utf8_lossy(tail)
        .lines()
        .map(|line| line.chars().filter(|character| !character.is_control()).collect::<String>())
        .filter(|line| !line.trim().is_empty())
        .collect()
}
