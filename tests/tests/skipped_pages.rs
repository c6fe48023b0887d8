//! Pages that a person has skipped: nothing looks at them, everybody is told, and the other pages stay as they are.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use engine::source::SkippedPages;
use engine::stages::{Prepared, SplitInputs};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tests::bad_inputs::{self, Damage};
use tests::command::{Trial, files};
use tests::look::{drawn, page_sizes};
use tests::{assembly, sample, staged};

const FAST: [&str; 4] = ["--json", "--no-ocr", "--model", "small"];

/// Five pages of the sample volume, all sound.
fn sound() -> Vec<u8> {
    let jpegs = sample::jpegs(5);
    let sample::Grey { width, height, .. } = sample::decoded(&jpegs[0]);
    let sheet = |jpeg| assembly::Sheet::of_image(assembly::image(width, height, "DeviceGray", 8, "DCTDecode", jpeg));
    assembly::Assembly::of(jpegs.into_iter().map(sheet)).bytes()
}

fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let found = files(root).into_iter().filter(|path| path.is_file());
    let named =
        found.map(|path| (path.strip_prefix(root).unwrap().display().to_string(), std::fs::read(path).unwrap()));
    named.collect()
}

fn assert_same(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in one {
        assert!(*bytes == other[name], "{name} differs");
    }
}

fn processed(volume: &[u8], skip: &[&str]) -> (Trial, Value) {
    let trial = Trial::of(volume);
    let ending = trial.process(&[&FAST, skip].concat());
    assert_eq!(ending.status, Some(0), "{ending:?}");
    (trial, ending.json())
}

#[test]
fn a_skipped_page_is_blank_and_the_others_stay() {
    let (whole, _) = processed(&sound(), &[]);
    let (trial, summary) = processed(&sound(), &["--skip-pages", "3"]);
    let problems: Vec<_> = summary["problems"].as_array().unwrap().iter().map(|found| &found["code"]).collect();
    assert_eq!(problems, ["page.skipped"]);
    let finding = &summary["findings"][0];
    let told = (&finding["code"], &finding["severity"], &finding["page_index"], &finding["message"]);
    let message = "Page 3 is blank in every result: it was skipped.";
    assert_eq!(told, (&json!("page.skipped"), &json!("must_look"), &json!(2), &json!(message)));
    for name in ["arc.12.201.205.pdf", "arc.12.201.205.redacted.pdf"] {
        let [skipped, complete] = [&trial, &whole].map(|trial| trial.results().join(name));
        assert_eq!(page_sizes(&skipped), page_sizes(&complete));
        let [skipped, complete] = [skipped, complete].map(|document| drawn(&document, 50));
        for (index, (skipped, complete)) in skipped.iter().zip(&complete).enumerate() {
            if index == 2 {
                assert!(skipped.pixels.iter().all(|shade| *shade == 255), "{name}: the page is not blank");
            } else {
                // Boxes on the skipped page may decide what is covered on its neighbours, but not in the whole volume.
                assert!(name.contains("redacted") || skipped.pixels == complete.pixels, "{name}: page {}", index + 1);
            }
        }
    }
}

/// What cannot be decoded gives the same bytes as what can: nothing reads the page.
#[test]
fn nothing_looks_at_a_skipped_page() {
    let skip = ["--skip-pages", "3"];
    let (sound, _) = processed(&sound(), &skip);
    for damage in [Damage::Start, Damage::Middle] {
        let (damaged, summary) = processed(&bad_inputs::damaged_page(damage), &skip);
        assert_eq!(summary["problems"][0]["code"], "page.skipped");
        assert_same(&contents(&damaged.results()), &contents(&sound.results()));
    }
}

#[test]
fn a_page_that_the_volume_does_not_have_cannot_be_skipped() {
    let trial = Trial::of(&sound());
    let ending = trial.process(&[&FAST[..], &["--skip-pages", "3,6"]].concat());
    assert_eq!(ending.failure().0, "process.no_such_pages");
    trial.assert_nothing_left();
}

struct Stages {
    folder: tempfile::TempDir,
    prepared: Prepared,
    scanned: SplitInputs,
}

fn in_stages(volume: &Path, skipped: &SkippedPages) -> Stages {
    let (folder, settings) = (tempfile::tempdir().unwrap(), staged::fast());
    let prepared = staged::prepared_skipping(volume, skipped, &settings, 2, folder.path()).unwrap();
    let scanned = staged::scanned(&prepared, &settings, folder.path()).unwrap();
    Stages { folder, prepared, scanned }
}

/// The service keeps the results of ranges that hold no skipped page. So these must not depend on it.
#[test]
fn ranges_without_a_skipped_page_can_be_kept() {
    let (trial, _) = processed(&sound(), &["--skip-pages", "3"]);
    let mut skipped = SkippedPages::default();
    skipped.insert(2, None);
    let before = in_stages(&trial.input(), &SkippedPages::default());
    let mut after = in_stages(&trial.input(), &skipped);
    let cut = |stages: &Stages, range: usize| std::fs::read(&stages.prepared.ranges[range].file).unwrap();
    let is_same: Vec<bool> = (0..3).map(|range| cut(&before, range) == cut(&after, range)).collect();
    assert_eq!(is_same, [true, false, true]);
    for kept in [0, 2] {
        after.scanned.ranges[kept].clone_from(&before.scanned.ranges[kept]);
    }
    let result = staged::split(&after.scanned, &staged::fast(), after.folder.path()).unwrap();
    assert_same(&contents(&result.summary.directory), &contents(&trial.results()));
}
