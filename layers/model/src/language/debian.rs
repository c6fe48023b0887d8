//! Imports the language that the set-up installs: English, as Debian ships it.

use super::ConvertedLanguage;
use crate::digest::sha256;
use crate::error::ModelError;
use crate::file;
use std::path::{Path, PathBuf};

const NAME: &str = "eng";
const ENTRY: &str = "eng.traineddata";
/// SHA-256 of the file in Debian's tesseract-ocr-eng 4.1.0, hexadecimal. It is that of tessdata_fast.
const DIGEST: &str = "7d4322bd2a7749724879683fc3912cb542f19906c83bcc1a52132556427170b2";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedLanguage {
    /// As Tesseract names it.
    pub name: &'static str,
    pub path: PathBuf,
    /// How many classes its network has.
    pub classes: usize,
    /// The height of a line, in pixels.
    pub height: usize,
}

/// Writes `eng.onnx` from Debian's `eng.traineddata` into a directory, which is created if it does not exist. The digest
/// is checked before anything is parsed.
///
/// # Errors
/// When the file is another one, or the directory cannot be written.
pub fn import_english(traineddata: &Path, output_directory: &Path) -> Result<ImportedLanguage, ModelError> {
    let bytes = file::read(traineddata)?;
    let found = sha256(&bytes);
    if found != DIGEST {
        return Err(ModelError::Digest { entry: ENTRY, expected: DIGEST, found });
    }
    let language = ConvertedLanguage::from_bytes(&bytes)?;
    let path = output_directory.join(NAME).with_extension("onnx");
    language.write(&path)?;
    Ok(ImportedLanguage { name: NAME, path, classes: language.characters.len(), height: language.height })
}
