//! Small volumes, cut from the sample: quick to work on, and with opinions in them.

use crate::sample;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A volume on disk and the key that it is uploaded under.
#[derive(Debug)]
pub struct Volume {
    directory: TempDir,
    /// Its key by the archive's convention.
    pub key: String,
}

impl Volume {
    /// The first pages of the sample under a key of its own.
    ///
    /// # Panics
    /// When qpdf fails.
    #[must_use]
    pub fn of_pages(pages: usize) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (first, last) = (201, 200 + pages);
        let key = format!("original_scans/arc/{number}/{first}/arc.{number}.{first}.{last}.original.pdf");
        let volume = Self { directory: tempfile::tempdir().expect("a directory"), key };
        volume.cut(pages);
        volume
    }

    /// Three pages: two ranges, and an opinion that ends within them.
    #[must_use]
    pub fn small() -> Self {
        Self::of_pages(3)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("volume.pdf")
    }

    /// Makes the file anew of other pages: another ETag under the same key.
    ///
    /// # Panics
    /// When qpdf fails.
    pub fn cut(&self, pages: usize) {
        let status = Command::new("qpdf")
            .args(["--empty", "--pages"])
            .arg(sample::path())
            .arg(format!("1-{pages}"))
            .args(["--", "--deterministic-id"])
            .arg(self.path())
            .status();
        assert!(status.expect("qpdf is installed").success());
    }
}
