#![doc = include_str!("../README.md")]

mod archive;
mod checkpoint;
mod error;
mod import;
mod network;
mod onnx;
mod pickle;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wheel;

pub use error::{ModelError, PickleError};
pub use import::ConvertedModel;
pub use wheel::{ImportedModel, import_wheel};
