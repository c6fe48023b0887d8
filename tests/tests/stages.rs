//! The three stages one after another give what `quire process` gives, byte for byte.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use domain::FailureClass;
use engine::settings::Settings;
use engine::stages::SplitResult;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tests::bad_inputs::{self, Damage};
use tests::command::{Trial, files};
use tests::page_kinds::{self, KINDS, Kind};
use tests::{sample, staged};

/// The stages in a folder of their own; the folder lives as long as its guard.
fn in_stages(volume: &Path, settings: &Settings, range_pages: usize) -> (tempfile::TempDir, SplitResult) {
    let folder = tempfile::tempdir().unwrap();
    let prepared = staged::prepared(volume, settings, range_pages, folder.path()).unwrap();
    let inputs = staged::scanned(&prepared, settings, folder.path()).unwrap();
    // The last stage has only what was handed on.
    for range in &prepared.ranges {
        std::fs::remove_file(&range.file).unwrap();
    }
    let result = staged::split(&inputs, settings, folder.path()).unwrap();
    (folder, result)
}

/// Every file, its name and its bytes.
fn assert_same_files(result: &SplitResult, trial: &Trial) {
    let relative = |root: &Path| {
        let found = files(root).into_iter().filter(|path| path.is_file());
        found.map(|path| path.strip_prefix(root).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let directory = &result.summary.directory;
    assert_eq!(relative(directory), relative(&trial.results()));
    assert_eq!(relative(directory), result.summary.files);
    for file in &result.summary.files {
        let [staged, whole] = [directory, &trial.results()].map(|root| std::fs::read(root.join(file)).unwrap());
        assert!(staged == whole, "{} differs", file.display());
    }
}

/// What is told of a result, but for where it lies and what it cost.
fn assert_same_summary(result: &SplitResult, told: &Value) {
    let own = serde_json::to_value(&result.summary).unwrap();
    for (key, value) in told.as_object().unwrap() {
        if !["directory", "stages"].contains(&key.as_str()) {
            assert_eq!(own[key], *value, "{key}");
        }
    }
}

#[test]
fn the_stages_give_what_the_command_gives() {
    let (trial, ending) = Trial::shared("thorough", sample::bytes, &["--json", "--unredacted"]);
    let (_folder, result) = in_stages(&trial.input(), &staged::thorough(), 3);
    assert_same_files(&result, &trial);
    assert_same_summary(&result, &ending.json());
    let opinions: Vec<Value> =
        serde_json::from_slice(&std::fs::read(trial.results().join("opinions.json")).unwrap()).unwrap();
    assert_eq!(result.opinions.len(), opinions.len());
    for (opinion, told) in result.opinions.iter().zip(&opinions) {
        assert!(result.summary.directory.join(&opinion.redacted).is_file());
        assert_eq!(opinion.redacted, Path::new("redacted").join(&opinion.file));
        assert_eq!(told["caption_page"], opinion.caption_page_index);
        assert_eq!(told["key_page"], opinion.key_page_index);
        assert_eq!(told["first_page_number"], opinion.first_page);
        assert_eq!(told["last_page_number"], opinion.last_page);
    }
}

#[test]
fn every_kind_of_page_comes_out_the_same() {
    let layered: Kind = ("layered", page_kinds::layered);
    for (name, volume) in KINDS.into_iter().chain([layered]) {
        let (trial, ending) = Trial::shared(name, volume, &["--json", "--no-ocr", "--model", "small"]);
        assert_eq!(ending.status, Some(0), "{name}: {ending:?}");
        println!("{name}");
        let (_folder, result) = in_stages(&trial.input(), &staged::fast(), 1);
        assert_same_files(&result, &trial);
        assert_same_summary(&result, &ending.json());
    }
}

/// A range may hold nothing but a page that nobody can read.
#[test]
fn damaged_volumes_come_out_the_same() {
    let volumes: [Kind; 4] = [
        ("damaged-start", || bad_inputs::damaged_page(Damage::Start)),
        ("damaged-middle", || bad_inputs::damaged_page(Damage::Middle)),
        ("missing-page", bad_inputs::missing_page),
        ("untrue-count", bad_inputs::untrue_count),
    ];
    for (name, volume) in volumes {
        let trial = Trial::of(&volume());
        let ending = trial.process(&["--json", "--no-ocr", "--model", "small"]);
        assert_eq!(ending.status, Some(0), "{name}: {ending:?}");
        for range_pages in [1, 3, 100] {
            println!("{name}, {range_pages} pages a range");
            let (_folder, result) = in_stages(&trial.input(), &staged::fast(), range_pages);
            assert_same_summary(&result, &ending.json());
            assert_same_files(&result, &trial);
        }
    }
}

/// The first stage refuses what the command refuses, with the same code, as the fault of whoever brought the volume.
#[test]
fn bad_volumes_are_refused_by_the_first_stage() {
    let refused: [(&str, Vec<u8>); 6] = [
        ("source.empty", bad_inputs::empty_file()),
        ("source.not_pdf", bad_inputs::zip_archive()),
        ("source.truncated", bad_inputs::truncated()),
        ("source.encrypted", bad_inputs::password_protected()),
        ("source.no_pages", bad_inputs::zero_pages()),
        ("process.nothing_readable", bad_inputs::nested_flate_bomb()),
    ];
    for (code, bytes) in refused {
        let folder = tempfile::tempdir().unwrap();
        let volume = folder.path().join("original.pdf");
        std::fs::write(&volume, bytes).unwrap();
        let error = staged::prepared(&volume, &staged::fast(), 3, folder.path()).unwrap_err();
        assert_eq!((error.code().as_str(), error.code().class()), (code, FailureClass::Input), "{error}");
        assert_eq!(files(&folder.path().join("prepare")), Vec::<PathBuf>::new());
    }
}
