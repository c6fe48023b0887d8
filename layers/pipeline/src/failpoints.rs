//! Named places where a test may harm a function. Without the feature `failpoints` they are nothing at all.
//!
//! A failpoint is a file: `$QUIRE_FAILPOINTS/{point}/{subject}`, where the subject is an upload's key with `_` for `/`.
//! It holds what to do:
//!
//! | action | what happens |
//! | --- | --- |
//! | `kill` | the file is removed, and the process gets SIGKILL: once, however many workers there are |
//! | `kill always` | SIGKILL, each time |
//! | `hold` | the worker waits until the file is removed |
//! | `skip` | what stands at this point is left out (heartbeats) |
//! | `panic` | the file is removed, and the worker panics |
//! | `fail` | the file is removed, and the attempt fails as if its disk had |

/// Comes by a failpoint; tells whether what follows is to be left out.
#[cfg(not(feature = "failpoints"))]
#[expect(clippy::unused_async, reason = "the test builds' twin waits")]
pub async fn reach(_point: &str, _subject: &str) -> bool {
    false
}

#[cfg(feature = "failpoints")]
pub use armed::reach;

#[cfg(feature = "failpoints")]
mod armed {
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    /// Comes by a failpoint; tells whether what follows is to be left out.
    pub async fn reach(point: &str, subject: &str) -> bool {
        let Some(file) = file(point, subject) else { return false };
        let Ok(action) = std::fs::read_to_string(&file) else { return false };
        tracing::warn!(point, subject, action = action.trim(), "failpoint");
        act(action.trim(), &file).await
    }

    fn file(point: &str, subject: &str) -> Option<PathBuf> {
        let directory = std::env::var_os("QUIRE_FAILPOINTS").filter(|directory| !directory.is_empty())?;
        Some(PathBuf::from(directory).join(point).join(subject.replace('/', "_")))
    }

    async fn act(action: &str, file: &Path) -> bool {
        match action {
            "kill always" => kill(),
            // Only who removes the file is meant: two workers may come by at once.
            "kill" if std::fs::remove_file(file).is_ok() => kill(),
            "panic" if std::fs::remove_file(file).is_ok() => panic!("a failpoint asked for it"),
            "hold" => hold(file).await,
            "skip" => return true,
            "fail" => return std::fs::remove_file(file).is_ok(),
            _ => {}
        }
        false
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
        while file.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
