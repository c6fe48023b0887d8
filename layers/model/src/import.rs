//! Turns the bytes of a checkpoint into the bytes of an ONNX model, and installs it.

use crate::checkpoint::Checkpoint;
use crate::error::ModelError;
use crate::network::Network;
use crate::onnx;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The size limit of a checkpoint. The largest YOLOv8 has 273 MB in single precision.
const CHECKPOINT_LIMIT: u64 = 512 << 20;
/// Everybody who runs Quire must be able to read the models, not only the user who installed them. The umask still
/// applies.
const MODEL_PERMISSIONS: u32 = 0o666;

/// A checkpoint as an ONNX model (operator set 17), in memory.
#[derive(Debug)]
pub struct ConvertedModel {
    onnx: Vec<u8>,
    /// The names of the classes, in the order of their ids.
    pub classes: Vec<String>,
    /// The longer side of the training images, in pixels.
    pub image_size: u32,
    /// The sides of an input image must be multiples of this, in pixels.
    pub stride: u32,
}

impl ConvertedModel {
    /// Reads the file of a checkpoint.
    ///
    /// # Errors
    /// As [`ConvertedModel::from_bytes`], and when the file cannot be read or is too large.
    pub fn from_file(path: &Path) -> Result<Self, ModelError> {
        Self::from_bytes(&read(path, CHECKPOINT_LIMIT)?)
    }

    /// # Errors
    /// When the bytes are not the checkpoint of a detection model, or use anything that such a checkpoint does not need.
    pub fn from_bytes(checkpoint: &[u8]) -> Result<Self, ModelError> {
        let Network { graph, classes, image_size, stride } = Network::build(&Checkpoint::read(checkpoint)?)?;
        let metadata = [
            ("names", serde_json::Value::from(classes.clone()).to_string()),
            ("image_size", image_size.to_string()),
            ("stride", stride.to_string()),
        ];
        Ok(Self { onnx: onnx::encode("yolov8", graph, &metadata), classes, image_size, stride })
    }

    /// The file of an ONNX model. Its metadata hold the classes, the size and the stride.
    #[must_use]
    pub fn onnx(&self) -> &[u8] {
        &self.onnx
    }

    /// Writes `path`, and creates its directory if it does not exist. A reader sees either the old file or the new one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        self.replace(path).map_err(|source| ModelError::Unwritable { path: path.to_owned(), source })
    }

    fn replace(&self, path: &Path) -> io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let permissions = Permissions::from_mode(MODEL_PERMISSIONS);
        let mut file = tempfile::Builder::new().prefix(".import-").permissions(permissions).tempfile_in(directory)?;
        file.write_all(&self.onnx)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

/// Reads at most `limit` bytes, because the length of a device or of a growing file cannot be trusted.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ModelError> {
    let unreadable = |source| ModelError::CheckpointUnreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(ModelError::CheckpointTooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}
