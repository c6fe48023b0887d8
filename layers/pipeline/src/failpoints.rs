//! Named places where a test can harm a function. Without the feature `failpoints` all of this is empty.
//!
//! A failpoint is a file: `$QUIRE_FAILPOINTS/{point}/{subject}`. The subject is the number of a scan, the key of its upload
//! (with `_` for `/`), or `any`. The file contains an action:
//!
//! | action | what happens |
//! | --- | --- |
//! | `kill` | the file is removed, and the process gets SIGKILL; of several workers, only the one that removes it |
//! | `kill always` | SIGKILL, each time |
//! | `panic` | the file is removed, and the worker panics |
//! | `hold` | the first worker renames the file to `….held` and waits until that is removed; the others go on |
//! | `skip` | what follows the point is left out from then on (heartbeats) |
//! | `fail` | the file is removed, and the attempt fails as if its disk were full |
//! | `fail always` | the attempt fails as if its disk were full, each time |
//! | `refuse` | the file is removed, and the attempt fails as if the input were at fault |
//! | `forget` | the file is removed, and the attempt fails as if its intermediates were gone |

use crate::error::StageError;

#[cfg(feature = "failpoints")]
pub use armed::{inherit, reach, scope, subject_is, subject_is_also};
#[cfg(not(feature = "failpoints"))]
pub use disarmed::{inherit, reach, scope, subject_is, subject_is_also};

/// What a failpoint asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "only a failpoint asks for harm"))]
pub enum Harm {
    None,
    /// Leave out what follows.
    Skip,
    /// Fail as if the disk were full.
    Fail,
    /// Fail as if the input were at fault.
    Refuse,
    /// Fail as if the intermediates were gone.
    Forget,
}

impl Harm {
    /// # Errors
    /// The failure that the failpoint asks for.
    pub fn into_result(self) -> Result<(), StageError> {
        match self {
            Self::None | Self::Skip => Ok(()),
            Self::Fail => Err(StageError::Scratch { source: std::io::ErrorKind::StorageFull.into() }),
            Self::Refuse => Err(StageError::OriginalMissing),
            Self::Forget => Err(StageError::IntermediateMissing { key: "failpoint".to_owned() }),
        }
    }
}

#[cfg(not(feature = "failpoints"))]
mod disarmed {
    use super::Harm;
    use std::fmt::Display;

    pub async fn reach(_point: impl FnOnce() -> String) -> Harm {
        Harm::None
    }

    pub const fn scope<F>(future: F) -> F {
        future
    }

    pub const fn inherit<F>(future: F) -> F {
        future
    }

    pub fn subject_is(_name: impl Display) {}

    pub fn subject_is_also(_name: impl Display) {}
}

#[cfg(feature = "failpoints")]
mod armed {
    use super::Harm;
    use std::cell::RefCell;
    use std::fmt::Display;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    tokio::task_local! {
        /// The names of what the function works on.
        static SUBJECT: RefCell<Vec<String>>;
    }

    /// Gives an invocation a subject, which is not known yet.
    pub fn scope<F: Future>(future: F) -> impl Future<Output = F::Output> {
        SUBJECT.scope(RefCell::default(), future)
    }

    /// Gives a future the subject of the current task, for another thread.
    pub fn inherit<F: Future>(future: F) -> impl Future<Output = F::Output> {
        SUBJECT.scope(RefCell::new(subject()), future)
    }

    /// The function takes up a message.
    pub fn subject_is(name: impl Display) {
        SUBJECT.try_with(|names| names.replace(vec![name.to_string()])).ok();
    }

    /// The subject has another name.
    pub fn subject_is_also(name: impl Display) {
        SUBJECT.try_with(|names| names.borrow_mut().push(name.to_string())).ok();
    }

    fn subject() -> Vec<String> {
        SUBJECT.try_with(|names| names.borrow().clone()).unwrap_or_default()
    }

    /// Does what the file of this point and subject says.
    pub async fn reach(point: impl FnOnce() -> String) -> Harm {
        let directory = std::env::var_os("QUIRE_FAILPOINTS").filter(|directory| !directory.is_empty());
        let Some(directory) = directory else { return Harm::None };
        let directory = PathBuf::from(directory).join(point());
        let mut names = subject();
        names.push("any".to_owned());
        for file in names.iter().map(|name| directory.join(name.replace('/', "_"))) {
            if let Ok(action) = std::fs::read_to_string(&file) {
                tracing::warn!(action = action.trim(), "failpoint {}", file.display());
                return act(action.trim(), &file).await;
            }
        }
        Harm::None
    }

    async fn act(action: &str, file: &Path) -> Harm {
        // Two workers may reach the point at once; whichever removes the file is harmed.
        let is_first = || std::fs::remove_file(file).is_ok();
        match action {
            "kill always" => kill(),
            "fail always" => return Harm::Fail,
            "skip" => return Harm::Skip,
            "hold" => hold(file).await,
            "kill" if is_first() => kill(),
            "panic" if is_first() => panic!("a failpoint asked for it"),
            "fail" if is_first() => return Harm::Fail,
            "refuse" if is_first() => return Harm::Refuse,
            "forget" if is_first() => return Harm::Forget,
            _ => {}
        }
        Harm::None
    }

    fn kill() {
        let this = rustix::process::getpid();
        if rustix::process::kill_process(this, rustix::process::Signal::KILL).is_err() {
            std::process::abort();
        }
        // The signal arrives at the latest when the system call returns to this thread.
        loop {
            std::thread::park();
        }
    }

    async fn hold(file: &Path) {
        let held = file.with_extension("held");
        if std::fs::rename(file, &held).is_ok() {
            while held.exists() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}
