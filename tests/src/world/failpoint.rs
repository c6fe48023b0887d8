//! Places where a function is harmed, for one upload's key each.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The directory that the functions look into.
#[derive(Debug)]
pub struct Failpoints {
    directory: PathBuf,
    _temporary: Option<TempDir>,
}

impl Failpoints {
    /// None yet.
    ///
    /// # Panics
    /// When there is no room for a directory.
    #[must_use]
    pub fn new() -> Self {
        let temporary = tempfile::tempdir().expect("a directory for failpoints");
        Self { directory: temporary.path().to_owned(), _temporary: Some(temporary) }
    }

    /// Those of functions that run already.
    #[must_use]
    pub const fn at(directory: PathBuf) -> Self {
        Self { directory, _temporary: None }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Arms a failpoint: `kill`, `kill always`, `hold`, `skip`, `panic`, `fail`, `refuse`, `forget`; the
    /// pipeline's `failpoints` say what each does.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn arm(&self, point: &str, subject: &str, action: &str) {
        let file = self.file(point, subject);
        std::fs::create_dir_all(file.parent().expect("a folder above")).expect("a folder for the failpoint");
        // In one step: a function that looks meanwhile must not find half of it.
        let draft = file.with_extension("draft");
        std::fs::write(&draft, action).expect("the failpoint can be written");
        std::fs::rename(&draft, &file).expect("the failpoint can be put in place");
    }

    /// Lets go of who is held, and disarms.
    pub fn release(&self, point: &str, subject: &str) {
        let file = self.file(point, subject);
        drop(std::fs::remove_file(&file));
        drop(std::fs::remove_file(file.with_extension("held")));
    }

    /// True while it stands, which for `kill` means that nobody came by.
    #[must_use]
    pub fn is_armed(&self, point: &str, subject: &str) -> bool {
        self.file(point, subject).exists()
    }

    /// Waits until somebody is held here.
    ///
    /// # Panics
    /// When nobody comes.
    pub async fn reached(&self, point: &str, subject: &str) {
        let (held, began) = (self.file(point, subject).with_extension("held"), Instant::now());
        while !held.exists() {
            assert!(began.elapsed() < super::PATIENCE, "nobody came by {point} for {subject}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn file(&self, point: &str, subject: &str) -> PathBuf {
        self.directory.join(point).join(subject.replace('/', "_"))
    }
}

impl Default for Failpoints {
    fn default() -> Self {
        Self::new()
    }
}
