//! A small volume with one case of everything: two opinions on one page, a range of page numbers, an uncertain
//! caption, a key without a caption, a small key in the foot band, and a picture.

use engine::pairing::pair_file;
use std::path::Path;

#[test]
fn the_small_volume_pairs_as_before() {
    let detections = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pairing.detections.json");
    insta::assert_json_snapshot!(pair_file(&detections, None).unwrap());
}
