//! The reference data, which are too large for the repository.

use std::path::PathBuf;

/// A file or directory of the reference data, in `$QUIRE_SHARED` or beside the workspace. If it does not exist, prints
/// the note by which `cargo xtask test` counts the test as skipped, and returns `None`.
pub fn shared(path: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var_os("QUIRE_SHARED").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let found = root.join(path);
    if !found.exists() {
        eprintln!("skipped: the reference data have no {path} here");
        return None;
    }
    Some(found)
}
