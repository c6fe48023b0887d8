//! Where tests find what is installed and what is shared.

use engine::installation::Installation;
use std::path::PathBuf;

/// The installation that `cargo xtask setup` filled.
pub fn installation() -> Installation {
    let home = std::env::var_os("QUIRE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        data.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".local/share")).join("quire")
    });
    Installation::new(home)
}

/// A file of the data that lies beside the project on a developer's machine, when it is there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("QUIRE_SHARED").map_or(beside, PathBuf::from);
    let file = root.join(path);
    if !file.exists() {
        eprintln!("skipped: {path} is not on this machine");
        return None;
    }
    Some(file)
}
