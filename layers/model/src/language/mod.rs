//! Imports languages of Tesseract 4 and 5: the network that recognises lines, and the text of each of its classes. The
//! file's dictionaries are not read.

mod bytes;
mod characters;
mod container;
mod debian;
mod graph;
mod layer;
mod matrix;

#[cfg(test)]
mod tests;

use crate::digest::sha256;
use crate::error::ModelError;
use crate::{file, onnx};
use container::{Component, Container};
use graph::LineGraph;
use std::path::Path;

pub(crate) use container::is_container;
pub use debian::{ImportedLanguage, import_english};

/// A language as an ONNX model (operator set 17), in memory.
#[derive(Debug)]
pub struct ConvertedLanguage {
    onnx: Vec<u8>,
    /// The text of each class. It is empty where a class has none.
    pub characters: Vec<String>,
    /// The height of a line, in pixels.
    pub height: usize,
    /// The width that one time step covers, in pixels.
    pub step: usize,
}

impl ConvertedLanguage {
    /// # Errors
    /// When the bytes are not the file of a language, or its network has a layer that is not known.
    pub fn from_bytes(file: &[u8]) -> Result<Self, ModelError> {
        let container = Container::read(file)?;
        let mut network = container.component(Component::Network)?;
        let layers = layer::read(&mut network)?;
        let _description = network.text()?;
        let [_flags, _iterations, _samples] = [network.integer()?, network.integer()?, network.integer()?];
        let blank = network.size()?;
        let LineGraph { graph, classes, height, step } = graph::build(&layers)?;
        if blank >= classes {
            return Err(network.damaged("its blank is not one of its classes"));
        }
        let list = container.component(Component::Characters)?;
        let characters = characters::read(list, container.component(Component::Codes)?, classes, blank)?;
        let metadata = [
            ("characters", serde_json::Value::from(characters.clone()).to_string()),
            ("blank", blank.to_string()),
            ("height", height.to_string()),
            ("step", step.to_string()),
            ("source", sha256(file)),
        ];
        Ok(Self { onnx: onnx::encode("tesseract", graph, &metadata), characters, height, step })
    }

    /// The file of an ONNX model. Its metadata hold the characters, the blank, the height and the step.
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
