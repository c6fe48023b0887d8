//! Detection against the boxes of the reference: on its own pixels, and from the volume itself.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first thing that is not there")]

#[path = "support/shared_data.rs"]
mod shared_data;

use domain::ModelChoice;
use engine::detection::{Detection, Label};
use engine::detector::{Detector, PixelView};
use engine::geometry::Rect;
use engine::installation::Installation;
use engine::pixels::PixelReader;
use engine::source::{Limits, open};
use serde::Deserialize;
use shared_data::shared;
use std::path::Path;

/// From the volume itself, boxes must be found of which the reference is at least this confident. Its renderer differs
/// a little, so that the others may be lost.
const CONFIDENT: f64 = 0.5;

fn detector(choice: ModelChoice) -> Detector {
    Detector::load(&Installation::of_user().unwrap(), &choice).unwrap()
}

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

fn compare_on_pixels(choice: ModelChoice, name: &str) {
    let Some(directory) = shared("data/sample20/reference/pixels") else { return };
    let detector = detector(choice);
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
    compare_on_pixels(ModelChoice::Small, "small");
}

#[test]
fn medium_finds_the_boxes_of_the_reference() {
    compare_on_pixels(ModelChoice::Medium, "medium");
}

fn compare_from_volume(choice: ModelChoice, name: &str) {
    let Some(volume) = shared("data/sample20/a3d.217.101.120.original.pdf") else { return };
    let Some(reference) = shared(&format!("data/sample20/reference/{name}/detections.json")) else { return };
    let expected: Vec<Detection> = serde_json::from_slice(&std::fs::read(reference).unwrap()).unwrap();
    let volume = open(&volume, &Limits::default()).unwrap();
    let reader = PixelReader::new(&volume, None);
    let detector = detector(choice);
    let mut missed = Vec::new();
    for page in &volume.pages {
        let size = page.size();
        let (width, height) = (size.width_pixels, size.height_pixels);
        let image = reader.read(page.index).unwrap().resized_for_detection(width as usize, height as usize);
        let view = PixelView { width, height, channels: image.channels, pixels: &image.pixels };
        let found = detector.detect(page.index, view).unwrap();
        let sure = expected.iter().filter(|e| e.page_index == page.index && e.confidence >= CONFIDENT);
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
    compare_from_volume(ModelChoice::Small, "small");
}

#[test]
fn medium_finds_every_sure_box_of_the_reference() {
    compare_from_volume(ModelChoice::Medium, "medium");
}

#[test]
fn threads_that_share_a_model_find_what_one_finds_alone() {
    let Some(directory) = shared("data/sample20/reference/pixels") else { return };
    let detector = detector(ModelChoice::Small);
    let pages = [0, 3, 8, 13].map(|page| (page, read_png(&directory.join(format!("page{page:02}.png")))));
    let detect = || -> Vec<Vec<Detection>> {
        let found = pages.iter().map(|(page, (width, height, channels, pixels))| {
            detector.detect(*page, PixelView { width: *width, height: *height, channels: *channels, pixels })
        });
        found.collect::<Result<_, _>>().unwrap()
    };
    let alone = detect();
    assert!(alone.iter().all(|boxes| !boxes.is_empty()));
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(detect)).collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == alone));
    });
}
