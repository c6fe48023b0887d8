//! Where the models and the native libraries are installed.

use std::path::{Path, PathBuf};

/// The directory that `cargo xtask setup` fills: `models/` and `lib/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    home: PathBuf,
}

impl Installation {
    /// An installation in a given directory.
    #[must_use]
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self { home: home.into() }
    }

    /// The directory itself.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The native library of ONNX Runtime.
    #[must_use]
    pub fn onnx_runtime(&self) -> PathBuf {
        self.home.join("lib/libonnxruntime.so")
    }

    /// The native library of PDFium.
    #[must_use]
    pub fn pdfium(&self) -> PathBuf {
        self.home.join("lib/libpdfium.so")
    }

    /// A converted model, by name.
    #[must_use]
    pub fn model(&self, name: &str) -> PathBuf {
        self.home.join("models").join(name).with_extension("onnx")
    }
}
