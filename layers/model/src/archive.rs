//! Reads zip archives with limits on size. The wheel is a zip archive, and so is a checkpoint.

use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// Why an entry cannot be read. The caller adds the name of the file.
#[derive(Debug)]
pub(crate) enum EntryError {
    Missing,
    TooLarge,
    Damaged(String),
}

/// A zip archive in memory.
pub(crate) struct Archive<'a>(ZipArchive<Cursor<&'a [u8]>>);

impl<'a> Archive<'a> {
    /// Opens an archive. The error is the zip reader's message.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        ZipArchive::new(Cursor::new(bytes)).map(Self).map_err(|error| error.to_string())
    }

    /// The first name, in the archive's order, that ends with `ending`.
    pub(crate) fn name_ending(&self, ending: &str) -> Option<String> {
        let mut names = self.0.file_names().flatten();
        names.find(|name| name.ends_with(ending)).map(std::borrow::Cow::into_owned)
    }

    /// Reads an entry of at most `limit` bytes, whatever size its header claims.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, EntryError> {
        // A clone shares the directory and gives this read its own position.
        let mut archive = self.0.clone();
        let entry = archive.by_name(name).map_err(|error| match error {
            ZipError::FileNotFound => EntryError::Missing,
            other => EntryError::Damaged(other.to_string()),
        })?;
        let mut bytes = Vec::new();
        let read = entry.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        let length = read.map_err(|error| EntryError::Damaged(error.to_string()))?;
        if u64::try_from(length).unwrap_or(u64::MAX) > limit { Err(EntryError::TooLarge) } else { Ok(bytes) }
    }
}
