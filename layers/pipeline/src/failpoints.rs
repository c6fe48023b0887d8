//! Named places where a test may harm a function. Without the feature `failpoints` they are nothing at all.
//!
//! A failpoint is a file: `$QUIRE_FAILPOINTS/{point}/{subject}`, where the subject is an upload's key with `_` for `/`.
//! It holds what to do:
//!
//! | action | what happens |
//! | --- | --- |
//! | `kill` | the file is removed, and the process gets SIGKILL: once, however many workers there are |
//! | `kill always` | SIGKILL, each time |
//! | `panic` | the file is removed, and the worker panics |
//! | `hold` | the first worker to come by renames the file to `….held` and waits until that is removed; others pass |
//! | `skip` | what stands at this point is left out, from then on (heartbeats) |
//! | `fail` | the file is removed, and the attempt fails as if its disk were full |
//! | `fail always` | the attempt fails so, each time |
//! | `refuse` | the file is removed, and the attempt fails as if the input were at fault |
//! | `forget` | the file is removed, and the attempt fails as if its intermediates were gone |

use crate::error::StageError;

/// What a failpoint asks of its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// Nothing: go on.
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
    /// The failure that is asked for.
    ///
    /// # Errors
    /// That failure.
    pub fn into_result(self) -> Result<(), StageError> {
        match self {
            Self::None | Self::Skip => Ok(()),
            Self::Fail => Err(StageError::Scratch { source: std::io::ErrorKind::StorageFull.into() }),
            Self::Refuse => Err(StageError::OriginalMissing),
            Self::Forget => Err(StageError::IntermediateMissing { key: "failpoint".to_owned() }),
        }
    }
}

/// Comes by a failpoint.
#[cfg(not(feature = "failpoints"))]
#[expect(clippy::unused_async, reason = "the test builds' twin waits")]
pub async fn reach(_point: &str, _subject: &str) -> Harm {
    Harm::None
}

#[cfg(feature = "failpoints")]
pub use armed::reach;

#[cfg(feature = "failpoints")]
mod armed {
    use super::Harm;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    /// Comes by a failpoint.
    pub async fn reach(point: &str, subject: &str) -> Harm {
        let Some(file) = file(point, subject) else { return Harm::None };
        let Ok(action) = std::fs::read_to_string(&file) else { return Harm::None };
        tracing::warn!(point, subject, action = action.trim(), "failpoint");
        act(action.trim(), &file).await
    }

    fn file(point: &str, subject: &str) -> Option<PathBuf> {
        let directory = std::env::var_os("QUIRE_FAILPOINTS").filter(|directory| !directory.is_empty())?;
        Some(PathBuf::from(directory).join(point).join(subject.replace('/', "_")))
    }

    async fn act(action: &str, file: &Path) -> Harm {
        // Only who removes the file is meant: two workers may come by at once.
        let is_meant = || std::fs::remove_file(file).is_ok();
        match action {
            "kill always" => kill(),
            "fail always" => return Harm::Fail,
            "skip" => return Harm::Skip,
            "hold" => hold(file).await,
            "kill" if is_meant() => kill(),
            "panic" if is_meant() => panic!("a failpoint asked for it"),
            "fail" if is_meant() => return Harm::Fail,
            "refuse" if is_meant() => return Harm::Refuse,
            "forget" if is_meant() => return Harm::Forget,
            _ => {}
        }
        Harm::None
    }

    fn kill() {
        let this = rustix::process::getpid();
        if rustix::process::kill_process(this, rustix::process::Signal::KILL).is_err() {
            std::process::abort();
        }
        // The signal comes at the latest when the system call returns to this very thread.
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
