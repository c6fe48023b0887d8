//! What can go wrong with the models.

use domain::FailureCode;
use enum_assoc::Assoc;
use std::path::PathBuf;

/// A failure of detection.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum DetectError {
    /// The native library of ONNX Runtime is not there or cannot be loaded.
    #[error(
        "ONNX Runtime is missing: {path} cannot be loaded ({reason}). Run `cargo xtask setup` to install it, or point QUIRE_HOME at the directory that holds lib/ and models/"
    )]
    #[assoc(code = FailureCode::DetectLibraryMissing)]
    LibraryMissing {
        /// Where it was looked for.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// A converted model is not there.
    #[error(
        "the model {path} is missing. Run `cargo xtask setup` to fetch and convert it, or point QUIRE_HOME at the directory that holds lib/ and models/"
    )]
    #[assoc(code = FailureCode::DetectModelMissing)]
    ModelMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A model is there but is not one of ours.
    #[error("the model {path} cannot be used: {reason}. Run `cargo xtask setup` to convert it anew")]
    #[assoc(code = FailureCode::DetectModelUnusable)]
    ModelUnusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// ONNX Runtime failed on a page.
    #[error("detection failed: {0}. This is a fault of Quire or of ONNX Runtime; please report it with the page")]
    #[assoc(code = FailureCode::DetectRuntime)]
    Runtime(String),
}
