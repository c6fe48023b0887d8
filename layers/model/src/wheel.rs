//! Imports the models from the wheel of blackletter 0.0.12 on PyPI, the last release that contains the weights.

#[cfg(test)]
mod tests;

use crate::archive::{Archive, EntryError};
use crate::digest::sha256;
use crate::error::ModelError;
use crate::import::ConvertedModel;
use std::fs;
use std::path::{Path, PathBuf};

struct Weights {
    name: &'static str,
    entry: &'static str,
    /// SHA-256 of the published file, hexadecimal.
    digest: &'static str,
}

const SMALL: Weights = Weights {
    name: "small",
    entry: "blackletter/weights/small.pt",
    digest: "c50fdf080ef1c6791e8ef8945470e4c79b2a82ff03d4809d3ff8adc1219e8ce1",
};

const MEDIUM: Weights = Weights {
    name: "medium",
    entry: "blackletter/weights/medium.pt",
    digest: "6e1c0535512afe0620fcaba3cf1b8d67917c3b09dcf0958e0c30d316a835263b",
};

/// The size limit of one file of weights. `medium.pt` has 52 million bytes.
const WEIGHTS_LIMIT: u64 = 128 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedModel {
    /// `small` or `medium`.
    pub name: String,
    pub path: PathBuf,
    /// The names of the classes, in the order of their ids.
    pub classes: Vec<String>,
    /// The longer side of the training images, in pixels.
    pub image_size: u32,
}

/// Writes `small.onnx` and `medium.onnx` from the wheel into a directory, which is created if it does not exist. Each
/// file appears complete or not at all. The digests of the weights are checked before anything is parsed.
///
/// # Errors
/// When the wheel is not the published one, or the directory cannot be written.
pub fn import_wheel(wheel: &Path, output_directory: &Path) -> Result<Vec<ImportedModel>, ModelError> {
    let bytes = fs::read(wheel).map_err(|source| ModelError::Unreadable { path: wheel.to_owned(), source })?;
    let archive = Archive::open(&bytes).map_err(|reason| ModelError::Wheel { path: wheel.to_owned(), reason })?;
    let read = |weights| Ok((weights, checked(&archive, wheel, weights)?));
    let checkpoints = [&SMALL, &MEDIUM].into_iter().map(read).collect::<Result<Vec<_>, ModelError>>()?;
    checkpoints.into_iter().map(|(weights, checkpoint)| import(weights, &checkpoint, output_directory)).collect()
}

/// Reads the weights, and checks that they are the published ones.
fn checked(archive: &Archive, wheel: &Path, weights: &Weights) -> Result<Vec<u8>, ModelError> {
    let entry = weights.entry;
    let path = || wheel.to_owned();
    let bytes = archive.read(entry, WEIGHTS_LIMIT).map_err(|error| match error {
        EntryError::Missing => ModelError::WeightsMissing { path: path(), entry },
        EntryError::TooLarge => ModelError::Wheel { path: path(), reason: format!("{entry} is too large") },
        EntryError::Damaged(reason) => ModelError::Wheel { path: path(), reason: format!("{entry}: {reason}") },
    })?;
    let found = sha256(&bytes);
    if found == weights.digest { Ok(bytes) } else { Err(ModelError::Digest { entry, expected: weights.digest, found }) }
}

fn import(weights: &Weights, checkpoint: &[u8], directory: &Path) -> Result<ImportedModel, ModelError> {
    let model = ConvertedModel::from_bytes(checkpoint)?;
    let path = directory.join(weights.name).with_extension("onnx");
    model.write(&path)?;
    let ConvertedModel { classes, image_size, .. } = model;
    Ok(ImportedModel { name: weights.name.to_owned(), path, classes, image_size })
}
