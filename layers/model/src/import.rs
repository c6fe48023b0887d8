//! Turns the bytes of a checkpoint into the bytes of an ONNX model.

use crate::checkpoint::Checkpoint;
use crate::error::ModelError;
use crate::network::Network;
use crate::{file, onnx};
use std::path::Path;

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
        file::write(path, &self.onnx)
    }
}
