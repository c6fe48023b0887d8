//! The directory of one attempt.

use crate::error::StageError;
use domain::FailureCode;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The process id and a random part follow.
const PREFIX: &str = "quire-attempt-";

/// A directory that is removed on every path.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Removes what dead processes and earlier attempts of this process left, then makes a new directory.
    ///
    /// # Errors
    /// [`StageError::Scratch`].
    pub fn new() -> Result<Self, StageError> {
        let root = std::env::temp_dir();
        sweep(&root);
        let prefix = format!("{PREFIX}{}-", std::process::id());
        tempfile::Builder::new().prefix(&prefix).tempdir_in(root).map(Self).map_err(failed)
    }

    /// Makes sure that a stage that reads a file of `size` bytes finds room for it and for `share` times as much besides.
    ///
    /// # Errors
    /// [`StageError::TooSmall`], and [`StageError::Scratch`] if the system does not tell how much is free.
    pub fn require_space(&self, size: u64, share: f64) -> Result<(), StageError> {
        let system = rustix::fs::statvfs(self.0.path()).map_err(|error| failed(error.into()))?;
        let (free, needed) = (system.f_bavail.saturating_mul(system.f_frsize), size + (size as f64 * share) as u64);
        if free < needed { Err(StageError::TooSmall { size, needed, free }) } else { Ok(()) }
    }

    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a directory in it.
    ///
    /// # Errors
    /// [`StageError::Scratch`].
    pub fn directory(&self, name: &str) -> Result<PathBuf, StageError> {
        let path = self.file(name);
        std::fs::create_dir(&path).map_err(failed)?;
        Ok(path)
    }
}

fn failed(source: std::io::Error) -> StageError {
    StageError::Scratch { source }
}

/// A function works on one attempt at a time, so a directory of its own process is a leftover too.
fn sweep(root: &Path) {
    let Ok(entries) = std::fs::read_dir(root) else { return };
    for entry in entries.flatten().filter(|entry| is_leftover(&entry.file_name().to_string_lossy())) {
        if let Err(error) = std::fs::remove_dir_all(entry.path()) {
            let (code, path) = (FailureCode::Scratch.as_str(), entry.path());
            tracing::warn!(code, %error, "{} is left from an earlier attempt and cannot be removed", path.display());
        }
    }
}

fn is_leftover(name: &str) -> bool {
    let Some((process, _)) = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')) else { return false };
    process.parse::<u32>().is_ok_and(|process| process == std::process::id() || !is_alive(process))
}

fn is_alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_go_and_the_living_keep_theirs() {
        let root = tempfile::tempdir().unwrap();
        let make = |process: u32| {
            let path = root.path().join(format!("{PREFIX}{process}-abc"));
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (own, living, dead) = (make(std::process::id()), make(1), make(u32::MAX));
        let stranger = root.path().join("something-else");
        std::fs::create_dir(&stranger).unwrap();
        sweep(root.path());
        assert!(!own.exists() && !dead.exists());
        assert!(living.exists() && stranger.exists());
    }
}
