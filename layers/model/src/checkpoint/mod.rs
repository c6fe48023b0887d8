//! A PyTorch checkpoint: a zip archive with one pickle (the tree of modules) and one file of raw
//! elements for each storage.

mod error;
mod half;
mod pickle;
mod tensor;

#[cfg(test)]
mod tests;

use crate::archive::{Archive, EntryError};
pub use error::CheckpointError;
pub use pickle::PickleError;
pub(crate) use pickle::{Class, Heap, Node, Value};
pub(crate) use tensor::Tensor;

/// Bytes of the pickle, and of one storage. The largest storage of a YOLOv8 model, in single precision
/// and of its largest size, has 15 MB.
const PICKLE_LIMIT: u64 = 1 << 20;
const STORAGE_LIMIT: u64 = 64 << 20;

const PICKLE: &str = "/data.pkl";

/// A checkpoint whose pickle was executed; tensors are read when they are asked for.
pub(crate) struct Checkpoint<'a> {
    archive: Archive<'a>,
    /// Folder of the archive's files: `torch.save` names it after the file that it wrote.
    folder: String,
    pub(crate) root: Value,
    pub(crate) heap: Heap,
}

impl<'a> Checkpoint<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, CheckpointError> {
        let archive = Archive::open(bytes).map_err(|reason| CheckpointError::Archive { reason })?;
        let name = archive.name_ending(PICKLE);
        let name = name.ok_or_else(|| CheckpointError::EntryMissing { entry: PICKLE.to_owned() })?;
        let folder = name.trim_end_matches(PICKLE).to_owned();
        let (root, heap) = pickle::execute(&entry(&archive, &name, PICKLE_LIMIT)?)?;
        let checkpoint = Self { archive, folder, root, heap };
        checkpoint.check_byte_order()?;
        Ok(checkpoint)
    }

    /// The checkpoint's entry under a name of its outermost dictionary.
    pub(crate) fn entry(&self, name: &str) -> Option<&Value> {
        self.heap.entry(&self.root, name)
    }

    /// Older writers note no byte order: theirs was little.
    fn check_byte_order(&self) -> Result<(), CheckpointError> {
        match entry(&self.archive, &format!("{}/byteorder", self.folder), PICKLE_LIMIT) {
            Ok(order) if order != b"little" => Err(CheckpointError::ByteOrder),
            Ok(_) | Err(CheckpointError::EntryMissing { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn storage(&self, key: &str) -> Result<Vec<u8>, CheckpointError> {
        entry(&self.archive, &format!("{}/data/{key}", self.folder), STORAGE_LIMIT)
    }
}

fn entry(archive: &Archive, name: &str, limit: u64) -> Result<Vec<u8>, CheckpointError> {
    archive.read(name, limit).map_err(|error| match error {
        EntryError::Missing => CheckpointError::EntryMissing { entry: name.to_owned() },
        EntryError::TooLarge => CheckpointError::EntryTooLarge { entry: name.to_owned(), limit },
        EntryError::Damaged(reason) => CheckpointError::Archive { reason: format!("{name}: {reason}") },
    })
}
