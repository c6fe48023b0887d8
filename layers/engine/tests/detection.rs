#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first thing that is not there")]
//! Compares the detection with the reference's boxes, on the reference's own pixels.

mod support;

use domain::ModelChoice;
use engine::detection::{Detection, Label};
use engine::detector::{Detector, PixelView};
use engine::geometry::Rect;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct Expected {
    page_index: usize,
    label: Label,
    confidence: f64,
    bbox: [f64; 4],
}

fn read_png(path: &Path) -> (u32, u32, usize, Vec<u8>) {
    let mut reader =
        png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, info.color_type.samples(), pixels)
}

fn assert_same(expected: &[Expected], found: &[Detection], page: usize) {
    let expected: Vec<_> = expected.iter().filter(|e| e.page_index == page).collect();
    assert_eq!(expected.len(), found.len(), "boxes of page {page}");
    for e in expected {
        let [x0, y0, x1, y1] = e.bbox;
        let rect = Rect::new(x0, y0, x1, y1);
        let best = found
            .iter()
            .filter(|d| d.label == e.label)
            .max_by(|a, b| a.rect().intersection_over_union(&rect).total_cmp(&b.rect().intersection_over_union(&rect)))
            .unwrap_or_else(|| panic!("page {page}: no {:?}", e.label));
        let overlap = best.rect().intersection_over_union(&rect);
        assert!(overlap >= 0.99, "page {page}: {:?} overlaps by {overlap}", e.label);
        assert!((best.confidence - e.confidence).abs() <= 0.005, "page {page}: {:?} confidence", e.label);
    }
}

fn compare(choice: ModelChoice, name: &str) {
    let Some(directory) = support::shared("data/sample20/reference/pixels") else { return };
    let detector = Detector::load(&support::installation(), choice, 1).unwrap();
    let json = std::fs::read(directory.join(name).with_extension("json")).unwrap();
    let expected: Vec<Expected> = serde_json::from_slice(&json).unwrap();
    for page in [0, 3, 8, 13] {
        let (width, height, channels, pixels) = read_png(&directory.join(format!("page{page:02}.png")));
        let found = detector.detect(page, PixelView { width, height, channels, pixels: &pixels }).unwrap();
        assert_same(&expected, &found, page);
    }
}

#[test]
fn small_finds_the_boxes_of_the_reference() {
    compare(ModelChoice::Small, "small");
}

#[test]
fn medium_finds_the_boxes_of_the_reference() {
    compare(ModelChoice::Medium, "medium");
}
