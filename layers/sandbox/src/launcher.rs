//! The program: confines itself and becomes another program.

use crate::confinement::{Confinement, Task};
use crate::{files, pdfium, system_calls};
use rustix::io::Errno;
use rustix::process::{Signal, set_parent_process_death_signal};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The exit status if the program could not be confined or started. Programs do not use it.
pub const FAILED: u8 = 125;

/// Why a program cannot be confined or started.
#[derive(Debug, thiserror::Error)]
enum LaunchError {
    #[error("the arguments are wrong: {0}")]
    Arguments(#[from] lexopt::Error),
    #[error("limits cannot be set: {0}")]
    Limits(#[source] Errno),
    #[error("inherited files cannot be closed: {0}")]
    Inherited(#[source] io::Error),
    #[error("access to files cannot be restricted: {0}")]
    Files(#[from] landlock::RulesetError),
    #[error("system calls cannot be restricted: {0}")]
    SystemCalls(#[source] io::Error),
    #[error("PDFium cannot answer: {0}")]
    Pdfium(#[source] io::Error),
    #[error("{program:?} cannot be started: {source}")]
    Start { program: OsString, source: io::Error },
}

/// Does what the arguments of this process ask for.
#[must_use]
pub fn run() -> ExitCode {
    match Task::parse(std::env::args_os().skip(1)).map_err(LaunchError::from).and_then(perform) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quire-sandbox: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn perform(task: Task) -> Result<(), LaunchError> {
    match task {
        Task::Run { confinement, program, arguments } => {
            confine(&confinement, Some(program.as_ref()))?;
            let source = Command::new(&program).args(arguments).exec();
            Err(LaunchError::Start { program, source })
        }
        Task::Pdfium { library, document } => pdfium::serve(&library, &document).map_err(LaunchError::Pdfium),
        Task::Probe => {
            for lack in confine(&Confinement::default(), None)? {
                println!("{lack}");
            }
            Ok(())
        }
    }
}

/// Confines this process. Returns what the kernel lacks for it, in sentences.
fn confine(confinement: &Confinement, program: Option<&Path>) -> Result<Vec<String>, LaunchError> {
    close_inherited().map_err(LaunchError::Inherited)?;
    // Whoever started the program also stops it, so it must not outlive a starter that was killed.
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(LaunchError::Limits)?;
    confinement.limits.apply().map_err(LaunchError::Limits)?;
    let files = files::confine(confinement, program)?;
    let system_calls = system_calls::confine().map_err(LaunchError::SystemCalls)?;
    Ok(files.into_iter().chain(system_calls).collect())
}

/// Closes every file but the standard ones. Rust's files are closed by themselves, those of libraries may not be.
fn close_inherited() -> io::Result<()> {
    let open = std::fs::read_dir("/proc/self/fd")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    // The list itself is among them, and is closed by now.
    for descriptor in open.filter(|descriptor: &i32| *descriptor > 2).collect::<Vec<_>>() {
        match nix::unistd::close(descriptor) {
            Ok(()) | Err(nix::errno::Errno::EBADF) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
