//! Messy volumes: what a person must look at is told on its page, and nothing else is.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use serde_json::Value;
use std::process::Command;
use tests::assembly::{Assembly, Sheet, image};
use tests::command::{Ending, Trial};
use tests::{quire, sample};

/// Pages of the sample by their place, from 0, as they are printed there.
fn pages(places: &[usize]) -> Vec<Sheet> {
    places.iter().map(|place| page(*place)).collect()
}

fn page(place: usize) -> Sheet {
    let jpeg = sample::jpegs(sample::PAGES).swap_remove(place);
    let grey = sample::decoded(&jpeg);
    Sheet::of_image(image(grey.width, grey.height, "DeviceGray", 8, "DCTDecode", jpeg))
}

/// A page of the sample that carries another number, printed in the place of its own.
fn numbered(place: usize, number: &str) -> Sheet {
    const POINTS: f32 = 11.0;
    let truth = sample::truth();
    let boxes = truth["objects"].as_array().unwrap();
    let own = boxes.iter().find(|found| found["page_index"] == place && found["label"] == "PAGE_NUMBER").unwrap();
    let [x0, y0, x1, y1] = [0, 1, 2, 3].map(|edge| own["bbox"][edge].as_f64().unwrap() as f32 * 72.0 / 200.0);
    let (width, bottom) = (number.len() as f32 * POINTS / 2.0, sample::HEIGHT - y1);
    // The outer edge of the number stays where it is.
    let left = if x0 < sample::WIDTH / 2.0 { x0 + 2.0 } else { x1 - width - 2.0 };
    let baseline = bottom + (y1 - y0 - POINTS * 0.66) / 2.0;
    let (paper, paper_end) = (x0.min(left) - 2.0, x1.max(left + width) + 2.0);
    let erase = format!("1 g {paper} {} {} {} re f", bottom - 1.0, paper_end - paper, y1 - y0 + 2.0);
    let print = format!("0 g BT /F0 {POINTS} Tf {left} {baseline} Td ({number}) Tj ET");
    Sheet { content: format!("{erase} {print}\n").into_bytes(), ..page(place) }
}

/// What was found in a volume of these pages whose name says 201 to 207: code, severity, place from 0.
fn messy(sheets: Vec<Sheet>) -> Vec<(String, String, Option<u64>)> {
    validated(sheets, &[])
}

fn validated(sheets: Vec<Sheet>, options: &[&str]) -> Vec<(String, String, Option<u64>)> {
    let trial = Trial::of(&Assembly::of(sheets).bytes());
    let mut command = Command::new(quire());
    command.arg("validate").arg(trial.input()).arg("--json").args(options);
    trial.at_home(&mut command);
    let ending = Ending::of(&mut command);
    let found = findings(&ending.json());
    let must_look = found.iter().any(|(_, severity, _)| severity == "must_look");
    assert_eq!(ending.status, Some(if must_look { 12 } else { 0 }), "{ending:?}");
    trial.assert_nothing_left();
    found
}

fn findings(result: &Value) -> Vec<(String, String, Option<u64>)> {
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let listed = result["findings"].as_array().unwrap().iter();
    listed.map(|found| (word(found, "code"), word(found, "severity"), found["page_index"].as_u64())).collect()
}

/// The findings that a person must look at.
fn must_look(found: &[(String, String, Option<u64>)]) -> Vec<(&str, Option<u64>)> {
    let must_look = found.iter().filter(|(_, severity, _)| severity == "must_look");
    must_look.map(|(code, _, page)| (code.as_str(), *page)).collect()
}

#[track_caller]
fn assert_must_look(sheets: Vec<Sheet>, expected: &[(&str, Option<u64>)]) {
    let found = messy(sheets);
    assert_eq!(must_look(&found), expected, "{found:?}");
}

#[test]
fn a_clean_volume_has_nothing_to_look_at() {
    assert_must_look(pages(&[0, 1, 2, 3, 4, 5, 6]), &[]);
}

#[test]
fn a_missing_page_is_told_where_the_numbers_jump() {
    assert_must_look(pages(&[0, 1, 3, 4, 5, 6]), &[("finding.pages_missing", Some(2))]);
    assert_must_look(pages(&[0, 1, 2, 3, 4, 6]), &[("finding.pages_missing", Some(5))]);
    assert_must_look(pages(&[0, 1, 5, 6]), &[("finding.pages_missing", Some(2))]);
}

#[test]
fn pages_missing_at_an_end_are_told_there() {
    assert_must_look(pages(&[1, 2, 3, 4, 5, 6]), &[("finding.first_number", Some(0))]);
    assert_must_look(pages(&[0, 1, 2, 3, 4, 5]), &[("finding.last_number", Some(5))]);
}

#[test]
fn a_doubled_page_is_told_once() {
    assert_must_look(pages(&[0, 1, 1, 2, 3, 4, 5, 6]), &[("finding.duplicate_number", Some(2))]);
    assert_must_look(pages(&[0, 1, 2, 3, 4, 5, 5, 6]), &[("finding.duplicate_number", Some(6))]);
}

#[test]
fn a_doubled_page_whose_number_cannot_be_read_is_told_by_its_picture() {
    let mut sheets = pages(&[0, 1, 2]);
    sheets.push(numbered(2, ""));
    sheets.extend(pages(&[3, 4, 5, 6]));
    assert_must_look(sheets, &[("finding.duplicate_picture", Some(3))]);
}

#[test]
fn swapped_pages_are_one_finding() {
    assert_must_look(pages(&[0, 2, 1, 3, 4, 5, 6]), &[("finding.out_of_order", Some(1))]);
    assert_must_look(pages(&[0, 1, 2, 3, 4, 6, 5]), &[("finding.out_of_order", Some(5))]);
}

#[test]
fn a_page_of_another_volume_is_told() {
    let mut sheets = pages(&[0, 1, 2, 3, 4, 5, 6]);
    sheets[3] = numbered(3, "789");
    assert_must_look(sheets, &[("finding.wrong_volume", Some(3))]);
}

#[test]
fn a_volume_with_another_name_is_told_once() {
    let found = validated(pages(&[0, 1, 2, 3, 4, 5, 6]), &["--first-page", "701", "--last-page", "707"]);
    assert_eq!(must_look(&found), [("finding.wrong_volume", None)], "{found:?}");
}

#[test]
fn two_pages_printed_as_one_are_a_note() {
    let mut sheets = pages(&[0, 1, 2, 3, 5, 6]);
    sheets[3] = numbered(3, "204-205");
    let found = messy(sheets);
    let expected = ("finding.number_range".to_owned(), "note".to_owned(), Some(3));
    assert!(must_look(&found).is_empty() && found.contains(&expected), "{found:?}");
}

#[test]
fn a_wrong_first_and_last_number_are_told_at_their_ends() {
    let found = validated(pages(&[0, 1, 2, 3, 4, 5, 6]), &["--first-page", "203", "--last-page", "209"]);
    let expected = [("finding.first_number", Some(0)), ("finding.last_number", Some(6))];
    assert_eq!(must_look(&found), expected, "{found:?}");
}

/// `process` tells the same about the sequence of the pages.
#[test]
fn processing_tells_what_validating_tells() {
    for (places, expected) in [
        (&[0, 1, 3, 4, 5, 6][..], ("finding.pages_missing", Some(2))),
        (&[0, 1, 2, 3, 4, 5, 5, 6], ("finding.duplicate_number", Some(6))),
    ] {
        let trial = Trial::of(&Assembly::of(pages(places)).bytes());
        let ending = trial.process(&["--no-ocr", "--model", "small", "--json", "--strict"]);
        assert_eq!(ending.status, Some(12), "{ending:?}");
        let found = findings(&ending.json());
        assert!(must_look(&found).contains(&expected), "{found:?}");
        let written = std::fs::read(trial.results().join("findings.json")).unwrap();
        assert_eq!(ending.json()["findings"], serde_json::from_slice::<Value>(&written).unwrap());
    }
}
