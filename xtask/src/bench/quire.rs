//! Quire's own modes.

use super::contestant::{Contestant, Output};
use super::volume::Volume;
use crate::workspace;

/// Model, whether it reads the words, and the reference that does comparable work.
const MODES: [(&str, bool, Option<&str>); 4] = [
    ("small", false, Some("blackletter 0.4 small")),
    ("both", false, Some("blackletter 0.4 medium")),
    ("small", true, Some("blackletter 0.0.12 small")),
    ("both", true, None),
];

/// `quire process` in each mode.
pub fn contestants(volume: &Volume) -> Vec<Contestant> {
    MODES.into_iter().map(|(model, ocr, rival)| contestant(volume, model, ocr, rival)).collect()
}

fn contestant(volume: &Volume, model: &str, ocr: bool, rival: Option<&'static str>) -> Contestant {
    let mut arguments = vec!["process".to_owned(), volume.argument(), "--json".into(), "--model".into(), model.into()];
    arguments.extend(volume.identity.options());
    if !ocr {
        arguments.push("--no-ocr".to_owned());
    }
    Contestant {
        name: format!("quire {model}{}", if ocr { "" } else { " --no-ocr" }),
        program: workspace::quire(),
        arguments,
        output: Output::Directory(volume.identity.volume_file()),
        prints_result: true,
        rival,
    }
}
