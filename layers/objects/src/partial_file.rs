use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::ObjectError;
use crate::client::Location;

/// A file that gets its name only when it is complete. Until then it is written beside its place, and removed when it is
/// dropped (after an error, or when the caller drops the future).
pub(crate) struct PartialFile {
    path: PathBuf,
    place: PathBuf,
    is_finished: bool,
}

impl PartialFile {
    pub fn create(place: &Path) -> Result<Self, ObjectError> {
        let mut name = place.as_os_str().to_owned();
        name.push(".partial");
        let path = PathBuf::from(name);
        File::create(&path).map_err(|source| file_error("create", &path, source))?;
        Ok(Self { path, place: place.to_owned(), is_finished: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name if its length is right.
    pub fn finish(mut self, size: u64, location: &Location<'_>) -> Result<(), ObjectError> {
        let found = fs::metadata(&self.path).map_err(|source| file_error("look up", &self.path, source))?.len();
        if found != size {
            let reason = format!("it has {found} bytes instead of {size}");
            return Err(ObjectError::Damaged { object: location.to_string(), reason });
        }
        fs::rename(&self.path, &self.place).map_err(|source| file_error("rename", &self.path, source))?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.is_finished
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!("could not remove the partial file {}: {error}", self.path.display());
        }
    }
}

pub(crate) fn file_error(action: &'static str, path: &Path, source: io::Error) -> ObjectError {
    ObjectError::File { action, path: path.to_owned(), source }
}
