//! Where the models and the native libraries are installed.

use std::path::{Path, PathBuf};

/// The directory that `cargo xtask setup` fills: `models/`, `languages/` and `lib/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    home: PathBuf,
}

impl Installation {
    /// The installation in `$QUIRE_HOME`, `$XDG_DATA_HOME/quire` or `~/.local/share/quire`: the first whose variable is
    /// set.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = set("QUIRE_HOME").or_else(|| set("XDG_DATA_HOME").map(|data| data.join("quire")));
        home.or_else(|| std::env::home_dir().map(|home| home.join(".local/share/quire"))).map(Self::new)
    }

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

    /// The directory of the networks that read the words of a language, such as `eng.onnx`.
    #[must_use]
    pub fn languages(&self) -> PathBuf {
        self.home.join("languages")
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
