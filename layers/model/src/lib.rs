//! Imports the blackletter weights: a PyTorch checkpoint in, an ONNX model out, without PyTorch and
//! without Python.
//!
//! A checkpoint is a zip archive with a pickle, which is a program. Here an inert machine executes it:
//! it builds plain data and cannot run code, whatever the file says. The tree of modules in it is
//! walked, batch normalisation is folded into the convolutions, and the graph is written.
//!
//! The model: `images`, [batch, 3, height, width], RGB from 0 to 1, sides multiples of 32, in;
//! `output0`, [batch, 4 + classes, anchors], out: centre x, centre y, width and height in pixels of the
//! input, then the probability of each class. Its metadata: `names` (JSON list of the classes),
//! `image_size` (longer side that it was trained on, pixels) and `stride` (pixels).
//!
//! This crate opens no connection and knows neither ONNX Runtime nor the rest of Quire.

mod archive;
mod checkpoint;
mod error;
mod network;
mod onnx;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wheel;

pub use checkpoint::{CheckpointError, PickleError};
pub use error::ModelError;
pub use network::NetworkError;
pub use wheel::{ImportedModel, import_wheel};

use checkpoint::Checkpoint;
use network::Network;

/// Turns a checkpoint of a YOLOv8 detection model into an ONNX model (operator set 17).
///
/// # Errors
/// When the bytes are no such checkpoint, or ask for anything that such a checkpoint does not need.
pub fn import_checkpoint(bytes: &[u8]) -> Result<Vec<u8>, ModelError> {
    Ok(Import::new(bytes)?.model)
}

/// A model and what is worth knowing of it.
struct Import {
    model: Vec<u8>,
    classes: Vec<String>,
    image_size: u32,
}

impl Import {
    fn new(bytes: &[u8]) -> Result<Self, ModelError> {
        let Network { graph, classes, image_size, stride } = Network::build(&Checkpoint::read(bytes)?)?;
        let metadata = [
            ("names", serde_json::Value::from(classes.clone()).to_string()),
            ("image_size", image_size.to_string()),
            ("stride", stride.to_string()),
        ];
        Ok(Self { model: onnx::encode("yolov8", graph, &metadata), classes, image_size })
    }
}
