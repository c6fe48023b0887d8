//! Compares the results with the reference on the shared data. Skipped where the data do not exist.

use crate::shared_data::shared;
use domain::{VolumeName, opinion_files};
use engine::pairing::{Opinion, OutsideRect, pair_file};
use serde_json::Value;
use std::path::Path;

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn edges(rect: &OutsideRect) -> [f64; 4] {
    [rect.x0, rect.y0, rect.x1, rect.y1]
}

#[test]
fn the_reporter_sample_pairs_as_the_reference_does() {
    let Some(data) = shared("data") else { return };
    let opinions = pair_file(&data.join("a3d-sample/detections.json"), None).unwrap();
    let expected: Vec<Opinion> = json(&data.join("a3d-sample/opinions.json"));
    assert_eq!(opinions.len(), 29);
    for (ours, theirs) in opinions.iter().zip(&expected) {
        let without_rects = |opinion: &Opinion| Opinion { outside_rects: Vec::new(), ..opinion.clone() };
        assert_eq!(without_rects(ours), without_rects(theirs));
        assert_eq!(ours.outside_rects.len(), theirs.outside_rects.len(), "{ours:?}");
        for (rect, expected) in ours.outside_rects.iter().zip(&theirs.outside_rects) {
            assert_eq!(rect.page_index, expected.page_index);
            for (edge, expected) in edges(rect).into_iter().zip(edges(expected)) {
                assert!((edge - expected).abs() <= 0.11, "{rect:?} instead of {expected:?}");
            }
        }
    }
}

#[test]
fn the_opinions_file_has_the_references_fields_in_its_order() {
    let Some(data) = shared("data") else { return };
    let opinions = pair_file(&data.join("a3d-sample/detections.json"), None).unwrap();
    let ours: Vec<Value> = json_of(&opinions);
    let theirs: Vec<Value> = json(&data.join("a3d-sample/opinions.json"));
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let rects = |value: &Value| fields(&value["outside_rects"][0]);
    assert_eq!(fields(&ours[0]), fields(&theirs[0]));
    assert_eq!(rects(&ours[0]), rects(&theirs[0]));
}

fn json_of(opinions: &[Opinion]) -> Vec<Value> {
    serde_json::from_str(&serde_json::to_string(opinions).unwrap()).unwrap()
}

#[test]
fn the_synthetic_sample_pairs_as_its_truth_says() {
    let Some(data) = shared("data") else { return };
    let truth: Value = json(&data.join("sample20/truth.json"));
    let number = |value: &Value| value.as_u64().unwrap();
    let expected: Vec<_> = truth["opinions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|opinion| ["caption_page", "key_page", "first_page_number"].map(|field| number(&opinion[field])))
        .collect();
    for model in ["small", "medium"] {
        let directory = data.join("sample20/reference").join(model);
        let opinions = pair_file(&directory.join("detections.json"), None).unwrap();
        let found: Vec<_> = opinions
            .iter()
            .map(|opinion| [opinion.caption_page as u64, opinion.key_page as u64, u64::from(opinion.first_page_number)])
            .collect();
        assert_eq!(found, expected, "{model}");
        assert_eq!(names(&opinions), listed(&directory.join("files.txt")), "{model}");
    }
}

fn names(opinions: &[Opinion]) -> Vec<String> {
    let name = VolumeName::parse("a3d.217.101.120.original.pdf").unwrap();
    let pages: Vec<_> = opinions.iter().map(|opinion| (opinion.first_page_number, opinion.last_page_number)).collect();
    opinion_files(&name, &pages)
}

fn listed(files: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(files).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("./redacted/")).map(str::to_owned).collect()
}
