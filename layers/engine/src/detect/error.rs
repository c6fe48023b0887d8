//! What can go wrong with the models.

use crate::error::ErrorClass;
use std::path::PathBuf;

/// A failure of detection.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The native library of ONNX Runtime is not there or cannot be loaded.
    #[error(
        "ONNX Runtime is missing: {path} cannot be loaded ({reason}). Run `cargo xtask setup` to install it, or point QUIRE_HOME at the directory that holds lib/ and models/"
    )]
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
    ModelMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A model is there but is not one of ours.
    #[error("the model {path} cannot be used: {reason}. Run `cargo xtask setup` to convert it anew")]
    ModelUnusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// ONNX Runtime failed on a page.
    #[error("detection failed: {0}. This is a fault of Quire or of ONNX Runtime; please report it with the page")]
    Runtime(String),
}

impl DetectError {
    /// Stable code of the failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LibraryMissing { .. } => "detect.library_missing",
            Self::ModelMissing { .. } => "detect.model_missing",
            Self::ModelUnusable { .. } => "detect.model_unusable",
            Self::Runtime(_) => "detect.runtime",
        }
    }

    /// Who can mend it.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::LibraryMissing { .. } | Self::ModelMissing { .. } | Self::ModelUnusable { .. } => ErrorClass::Missing,
            Self::Runtime(_) => ErrorClass::Internal,
        }
    }
}
