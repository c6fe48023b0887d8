//! Where the workspace lies.

use crate::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's root directory. Cargo says at run time where the package is, so that a moved checkout
/// with a warm `target/` still finds itself; the path of the build is the fallback.
pub fn root() -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// Where Cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The built `quire` command.
pub fn quire() -> PathBuf {
    target().join("release").join("quire")
}

/// The sample volume of the repository.
pub fn sample() -> PathBuf {
    root().join("tests/sample/arc.12.201.207.original.pdf")
}

/// Every file below a directory, sorted.
pub fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(Error::file("reading", directory))? {
        let path = entry.map_err(Error::file("reading", directory))?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
