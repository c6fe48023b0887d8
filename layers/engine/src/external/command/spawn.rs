//! Starts a child under its limits.

use super::limits::LIMITER;
use super::{Command, CommandError};
use rustix::fs::{MemfdFlags, OFlags, fcntl_setfl, memfd_create};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// A child and a descriptor that becomes readable at its end.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) process: Pid,
    pub(super) ended: OwnedFd,
}

/// Starts the child in a process group of its own, its pipes non-blocking.
pub(super) fn start(command: &mut Command) -> Result<Started, CommandError> {
    if installed(&command.program, command.path()).is_none() {
        return Err(CommandError::NotInstalled { program: command.name(), package: command.package });
    }
    let input = input(command)?;
    let mut child = spawn(command, input)?;
    let process = Pid::from_child(&child);
    match watchable(&child, process) {
        Ok(ended) => Ok(Started { child, process, ended }),
        Err(error) => {
            // The error that prevented the watch is the one to report, not one of these.
            let _ = kill_process_group(process, Signal::KILL);
            let _ = child.wait();
            Err(command.fault("watch", error.into()))
        }
    }
}

/// Looked up beforehand: of a program that the limiter does not find only the limiter's words would be left.
fn installed(program: &OsStr, path: &OsStr) -> Option<PathBuf> {
    let is_executable =
        |file: &PathBuf| file.metadata().is_ok_and(|entry| entry.is_file() && entry.permissions().mode() & 0o111 != 0);
    if Path::new(program).components().count() > 1 {
        return Some(PathBuf::from(program)).filter(is_executable);
    }
    std::env::split_paths(path).map(|directory| directory.join(program)).find(is_executable)
}

/// The input as a file in memory: it needs no thread to feed it, and a program may seek in it, for
/// which some are faster by the name `/proc/self/fd/0` than from a pipe.
fn input(command: &mut Command) -> Result<Stdio, CommandError> {
    let Some(bytes) = command.input.take() else {
        return Ok(Stdio::null());
    };
    let filled = || {
        let mut file = File::from(memfd_create("input", MemfdFlags::CLOEXEC)?);
        file.write_all(&bytes)?;
        file.rewind()?;
        Ok(file.into())
    };
    filled().map_err(|error| command.fault("feed", error))
}

fn spawn(command: &Command, input: Stdio) -> Result<Child, CommandError> {
    let (limiter, package) = LIMITER;
    let missing = || CommandError::NotInstalled { program: limiter.into(), package };
    // By its whole path: a name alone makes the standard library fork, and a fork copies the tables of all the
    // memory that the models lie in.
    let path = installed(limiter.as_ref(), command.path()).ok_or_else(missing)?;
    std::process::Command::new(path)
        .args(command.limits.arguments())
        .arg(&command.program)
        .args(&command.arguments)
        .env_clear()
        .envs(command.environment.iter().map(|(name, value)| (name, value)))
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => missing(),
            _ => command.fault("start", error),
        })
}

fn watchable(child: &Child, process: Pid) -> Result<OwnedFd, Errno> {
    child.stdout.as_ref().map_or(Ok(()), unblock)?;
    child.stderr.as_ref().map_or(Ok(()), unblock)?;
    pidfd_open(process, PidfdFlags::empty())
}

fn unblock(pipe: impl AsFd) -> Result<(), Errno> {
    fcntl_setfl(pipe, OFlags::NONBLOCK)
}
