#![doc = include_str!("../README.md")]

mod archive;
mod checkpoint;
mod digest;
mod error;
mod file;
mod import;
mod language;
mod network;
mod onnx;
mod pickle;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wheel;

pub use error::{ModelError, PickleError};
pub use file::Imported;
pub use import::ConvertedModel;
pub use language::{ConvertedLanguage, ImportedLanguage, import_english};
pub use wheel::{ImportedModel, import_wheel};
