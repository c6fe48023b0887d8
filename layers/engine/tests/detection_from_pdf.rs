//! Compares the detection with the reference's boxes, starting from the PDF. The renderers differ a little.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first thing that is not there")]

mod support;

use domain::ModelChoice;
use engine::detection::Detection;
use engine::detector::{Detector, PixelView};
use engine::pixels::PixelReader;
use engine::source::{Limits, open};

/// Boxes that the reference found with at least this confidence must be found.
const SURE: f64 = 0.5;

fn compare(choice: ModelChoice, name: &str) {
    let Some(volume) = support::shared("data/sample20/a3d.217.101.120.original.pdf") else { return };
    let Some(reference) = support::shared(&format!("data/sample20/reference/{name}/detections.json")) else { return };
    let expected: Vec<Detection> = serde_json::from_slice(&std::fs::read(reference).unwrap()).unwrap();
    let volume = open(&volume, &Limits::default()).unwrap();
    let reader = PixelReader::new(&volume, None);
    let detector = Detector::load(&support::installation(), choice, 2).unwrap();
    let mut missed = Vec::new();
    for page in &volume.pages {
        let size = page.size();
        let (width, height) = (size.width_pixels, size.height_pixels);
        let image = reader.read(page.index).unwrap().resized_for_detection(width as usize, height as usize);
        let view = PixelView { width, height, channels: image.channels, pixels: &image.pixels };
        let found = detector.detect(page.index, view).unwrap();
        let sure = expected.iter().filter(|e| e.page_index == page.index && e.confidence >= SURE);
        missed.extend(sure.filter_map(|e| {
            let same = found.iter().filter(|d| d.label == e.label);
            let best = same.map(|d| d.rect().intersection_over_union(&e.rect())).fold(0.0, f64::max);
            (best < 0.9).then_some((page.index, e.label, e.bbox, best))
        }));
    }
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn small_finds_every_sure_box_of_the_reference() {
    compare(ModelChoice::Small, "small");
}

#[test]
fn medium_finds_every_sure_box_of_the_reference() {
    compare(ModelChoice::Medium, "medium");
}
