//! Where the models and the native libraries are installed.

use std::path::{Path, PathBuf};

/// The directory that `cargo xtask setup` fills: `models/` and `lib/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    home: PathBuf,
}

impl Installation {
    #[must_use]
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self { home: home.into() }
    }

    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    #[must_use]
    pub fn onnx_runtime(&self) -> PathBuf {
        self.home.join("lib/libonnxruntime.so")
    }

    #[must_use]
    pub fn pdfium(&self) -> PathBuf {
        self.home.join("lib/libpdfium.so")
    }

    /// A converted model, such as `small`.
    #[must_use]
    pub fn model(&self, name: &str) -> PathBuf {
        self.home.join("models").join(name).with_extension("onnx")
    }
}
