//! A program that answers requests as long as they are asked.

use super::child::{CANCELLATION_PERIOD, Process, failure, last_lines, start};
use super::command::{Command, CommandError, Input};
use crate::cancellation::Cancellation;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{Error, ErrorKind, Read};
use std::process::{ChildStdin, ChildStdout};
use std::time::Instant;

/// The capacity of the pipe for answers: what one process may write while the other one is busy. The default of 64 KiB
/// costs a change of processes for each of them.
const PIPE: usize = 1 << 20;

/// A running program, and the pipes to it. Dropping it kills the program.
#[derive(Debug)]
pub(crate) struct Dialogue {
    command: Command,
    process: Process,
    requests: ChildStdin,
    answers: ChildStdout,
}

impl Dialogue {
    /// Starts the program. The time limit of the command is that of each answer.
    ///
    /// # Errors
    /// See [`Command::spawn`].
    pub(crate) fn start(mut command: Command) -> Result<Self, CommandError> {
        command.input = Input::Pipe;
        let mut process = start(&mut command)?;
        let pipes = process.child.stdin.take().zip(process.child.stdout.take());
        let (requests, answers) = pipes.ok_or_else(|| command.fault("talk to", ErrorKind::BrokenPipe.into()))?;
        // Without it the answers only take longer. Users may have a limit on all their pipes.
        let _ = rustix::pipe::fcntl_setpipe_size(&answers, PIPE);
        Ok(Self { command, process, requests, answers })
    }

    /// Writes a request and reads its answer. After an error the program is dead.
    ///
    /// # Errors
    /// [`CommandError::Cancelled`], [`CommandError::TimedOut`], and [`CommandError::Failed`] if the program ended or
    /// answered nonsense.
    pub(crate) fn ask<T>(
        &mut self,
        cancellation: &Cancellation,
        talk: impl FnOnce(&mut ChildStdin, &mut Answers<'_>) -> std::io::Result<T>,
    ) -> Result<T, CommandError> {
        let deadline = Instant::now() + self.command.time_limit;
        let mut answers = Answers { pipe: &mut self.answers, deadline, cancellation };
        talk(&mut self.requests, &mut answers).map_err(|error| self.lost(&error, cancellation))
    }

    fn lost(&mut self, error: &Error, cancellation: &Cancellation) -> CommandError {
        let program = self.command.name();
        if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe) {
            self.process.await_end();
        }
        let ended = self.process.end();
        let complaints = self.complaints();
        match ended {
            _ if cancellation.is_cancelled() => CommandError::Cancelled { program },
            _ if error.kind() == ErrorKind::TimedOut => {
                CommandError::TimedOut { program, limit: self.command.time_limit }
            }
            Ok(status) => failure(&self.command, status, complaints),
            Err(error) => self.command.fault("stop", error),
        }
    }

    fn complaints(&mut self) -> String {
        let mut bytes = vec![0; 4096];
        let read = self.process.child.stderr.as_mut().and_then(|stderr| stderr.read(&mut bytes).ok());
        last_lines(&[], bytes.get(..read.unwrap_or(0)).unwrap_or_default())
    }

    #[cfg(test)]
    pub(crate) fn id(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.process.child)
    }
}

/// The answer to one request. Reading fails when its time is over and when the work is cancelled.
pub(crate) struct Answers<'d> {
    pipe: &'d mut ChildStdout,
    deadline: Instant,
    cancellation: &'d Cancellation,
}

impl Read for Answers<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.pipe.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.sleep()?,
                outcome => return outcome,
            }
        }
    }
}

impl Answers<'_> {
    fn sleep(&self) -> std::io::Result<()> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || self.cancellation.is_cancelled() {
            return Err(ErrorKind::TimedOut.into());
        }
        let timeout = Timespec::try_from(left.min(CANCELLATION_PERIOD)).map_err(Error::other)?;
        match poll(&mut [PollFd::new(&*self.pipe, PollFlags::IN)], Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
