//! A child under way: read and watched by one thread that sleeps until something happens.

use super::capture::{Progress, Tail, last_lines, read_chunk};
use super::spawn::{Started, start};
use super::{Command, CommandError, Output};
use crate::cancellation::Cancellation;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus};
use std::time::{Duration, Instant};

/// How often a sleeping wait looks at the cancellation flag.
const CANCELLATION_PERIOD: Duration = Duration::from_millis(50);

/// Chunks that are read of what an ended child left in its pipes; a pipe holds at most 1 MiB, so more
/// can only come from a process that escaped from the group.
const LAST_CHUNKS: usize = 32;

/// A child under way; dropping it kills its whole process group.
#[derive(Debug)]
pub struct Running {
    command: Command,
    started: Instant,
    child: Child,
    process: Pid,
    ended: OwnedFd,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    output: Vec<u8>,
    complaints: Tail,
    reaped: bool,
}

impl Running {
    pub(super) fn new(mut command: Command) -> Result<Self, CommandError> {
        let Started { mut child, process, ended } = start(&mut command)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Ok(Self {
            command,
            started: Instant::now(),
            child,
            process,
            ended,
            stdout,
            stderr,
            output: Vec::new(),
            complaints: Tail::default(),
            reaped: false,
        })
    }

    /// The process id of the child, which is also the id of its process group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of the child; whatever is left of its group is killed then.
    ///
    /// # Errors
    /// Every [`CommandError`] but `NotInstalled`; whatever it is, nothing of the group runs on.
    pub fn wait(mut self, cancellation: &Cancellation) -> Result<Output, CommandError> {
        while !self.sleep()? {
            self.check(cancellation)?;
            self.pump()?;
        }
        let status = self.end()?;
        for _ in 0..LAST_CHUNKS {
            if !self.pump()? {
                break;
            }
        }
        self.judge(status)
    }

    /// Sleeps until the child ends (true), one of its pipes is ready, or it is time to look around.
    fn sleep(&self) -> Result<bool, CommandError> {
        let left = self.command.time_limit.saturating_sub(self.started.elapsed());
        let timeout = Timespec::try_from(left.min(CANCELLATION_PERIOD))
            .map_err(|error| self.command.fault("watch", std::io::Error::other(error)))?;
        let mut watched = vec![PollFd::new(&self.ended, PollFlags::IN)];
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

    /// Takes what the pipes have to give now; false when neither stream of output gave anything.
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

    /// Kills what is left of the group, then reaps the child. In this order: once the child is reaped
    /// its number may belong to a stranger.
    fn end(&mut self) -> Result<ExitStatus, CommandError> {
        let killed = match kill_process_group(self.process, Signal::KILL) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => self.child.kill().map_err(|_| std::io::Error::from(error)),
        };
        killed.map_err(|error| self.command.fault("stop", error))?;
        let status = self.child.wait().map_err(|error| self.command.fault("wait for", error))?;
        self.reaped = true;
        Ok(status)
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

impl Drop for Running {
    fn drop(&mut self) {
        if !self.reaped {
            // A destructor has nobody to tell; the only causes are a child that is gone already.
            let _ = self.end();
        }
    }
}

/// Reads a chunk of a pipe, and lets go of the pipe when the other side has closed it.
fn read<P: std::io::Read>(pipe: &mut Option<P>, keep: impl FnMut(&[u8])) -> std::io::Result<bool> {
    let Some(source) = pipe else { return Ok(false) };
    let progress = read_chunk(source, keep)?;
    if progress == Progress::Closed {
        *pipe = None;
    }
    Ok(progress == Progress::Read)
}

fn failure(command: &Command, status: ExitStatus, last_lines: String) -> CommandError {
    let program = command.name();
    let signal = status.signal();
    if signal == Some(Signal::XCPU.as_raw()) {
        let limit = Duration::from_secs(command.limits.processor_seconds);
        return CommandError::TimedOut { program, limit };
    }
    if signal == Some(Signal::XFSZ.as_raw()) {
        return CommandError::FileTooLarge { program, limit: command.limits.file_size };
    }
    if last_lines.to_lowercase().contains("no space left") {
        return CommandError::OutOfSpace { program };
    }
    CommandError::Failed { program, status, last_lines }
}
