//! The files that are read and written.

use crate::error::ModelError;
use crate::import::ConvertedModel;
use crate::language::{ConvertedLanguage, is_container};
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The size limit of a file. The largest YOLOv8 has 273 MB in single precision.
const FILE_LIMIT: u64 = 512 << 20;
/// Everybody who runs Quire must be able to read the models, not only the user who installed them. The umask still
/// applies.
const MODEL_PERMISSIONS: u32 = 0o666;

/// What a file contained, as an ONNX model.
#[derive(Debug)]
pub enum Imported {
    /// A detection model, from a checkpoint of ultralytics.
    Model(ConvertedModel),
    /// A language, from Tesseract's `.traineddata`.
    Language(ConvertedLanguage),
}

impl Imported {
    /// Reads a checkpoint or a language. The content of the file decides which one it is, not its name.
    ///
    /// # Errors
    /// When the file cannot be read or is too large, or as [`ConvertedModel::from_bytes`] and
    /// [`ConvertedLanguage::from_bytes`].
    pub fn from_file(path: &Path) -> Result<Self, ModelError> {
        let bytes = read(path)?;
        if is_container(&bytes) {
            ConvertedLanguage::from_bytes(&bytes).map(Self::Language)
        } else {
            ConvertedModel::from_bytes(&bytes).map(Self::Model)
        }
    }
}

/// Reads a file up to the limit, because the length of a device or of a growing file cannot be trusted.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let unreadable = |source| ModelError::FileUnreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(ModelError::FileTooLarge { path: path.to_owned(), limit: FILE_LIMIT });
    }
    Ok(bytes)
}

/// Writes `path`, and creates its directory if it does not exist. A reader sees either the old file or the new one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    replace(path, bytes).map_err(|source| ModelError::Unwritable { path: path.to_owned(), source })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let permissions = Permissions::from_mode(MODEL_PERMISSIONS);
    let mut file = tempfile::Builder::new().prefix(".import-").permissions(permissions).tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
