//! Turns the bytes of a checkpoint into the bytes of an ONNX model.

use crate::checkpoint::Checkpoint;
use crate::error::ModelError;
use crate::network::Network;
use crate::onnx;

/// Turns a checkpoint of a YOLOv8 detection model into an ONNX model (operator set 17).
///
/// # Errors
/// When the bytes are not such a checkpoint, or use anything that such a checkpoint does not need.
pub fn import_checkpoint(bytes: &[u8]) -> Result<Vec<u8>, ModelError> {
    Ok(Import::new(bytes)?.model)
}

/// A model, and the facts about it that callers report.
pub(crate) struct Import {
    pub(crate) model: Vec<u8>,
    pub(crate) classes: Vec<String>,
    pub(crate) image_size: u32,
}

impl Import {
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, ModelError> {
        let Network { graph, classes, image_size, stride } = Network::build(&Checkpoint::read(bytes)?)?;
        let metadata = [
            ("names", serde_json::Value::from(classes.clone()).to_string()),
            ("image_size", image_size.to_string()),
            ("stride", stride.to_string()),
        ];
        Ok(Self { model: onnx::encode("yolov8", graph, &metadata), classes, image_size })
    }
}
