//! `quire pair`: opinions from a file of detections alone, which a person may have edited.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::command::{Ending, Trial};
use tests::{quire, sample};

/// What `quire process` finds in the sample: detections and opinions.
fn sidecars() -> (Value, Value) {
    let (trial, ending) = Trial::shared("pair", sample::bytes, &["--no-ocr", "--model", "small"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    let read = |name: &str| serde_json::from_slice(&std::fs::read(trial.results().join(name)).unwrap()).unwrap();
    (read("detections.json"), read("opinions.json"))
}

fn pair(file: &Path, options: &[&str]) -> Ending {
    Ending::of(Command::new(quire()).arg("pair").arg(file).args(options))
}

/// A file in a folder of its own.
fn saved(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("detections.json");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Pairs these detections.
fn paired(detections: &Value, options: &[&str]) -> Value {
    let (_folder, path) = saved(detections.to_string().as_bytes());
    let ending = pair(&path, options);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    serde_json::from_str(&ending.stdout).unwrap()
}

/// Pages and numbers of each opinion.
fn pages(opinions: &Value) -> Vec<[Value; 6]> {
    let keys = ["caption_page", "key_page", "page_count", "end_page", "first_page_number", "last_page_number"];
    opinions.as_array().unwrap().iter().map(|opinion| keys.map(|key| opinion[key].clone())).collect()
}

#[test]
fn the_detections_of_a_run_give_the_opinions_of_that_run() {
    let (detections, opinions) = sidecars();
    assert_eq!(pages(&opinions).len(), 3);
    assert_eq!(pages(&paired(&detections, &[])), pages(&opinions));
}

#[test]
fn the_result_goes_to_a_file_when_asked() {
    let (detections, opinions) = sidecars();
    let (folder, path) = saved(detections.to_string().as_bytes());
    let target = folder.path().join("edited.opinions.json");
    let ending = pair(&path, &["-o", &target.to_string_lossy()]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    assert_eq!(pages(&serde_json::from_slice(&std::fs::read(target).unwrap()).unwrap()), pages(&opinions));
}

#[test]
fn an_opinion_whose_key_icon_is_removed_is_one_no_more() {
    let (mut detections, opinions) = sidecars();
    let list = detections.as_array_mut().unwrap();
    let key = list.iter().position(|found| found["label"] == "KEY_ICON" && found["page_index"] == 6).unwrap();
    list.remove(key);
    assert_eq!(pages(&paired(&detections, &[])), pages(&opinions)[..2]);
}

#[test]
fn pages_without_a_number_are_counted_from_the_first() {
    let (mut detections, _) = sidecars();
    for found in detections.as_array_mut().unwrap() {
        found["page_number"] = Value::Null;
    }
    let first = |options: &[&str]| {
        let opinions = paired(&detections, options);
        opinions.as_array().unwrap().iter().map(|opinion| opinion["first_page_number"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(first(&["--first-page", "701"]), [json!(701), json!(703), json!(705)]);
    assert_eq!(first(&[]), [json!(1), json!(3), json!(5)]);
}

/// A file that is refused with this code, and without a word on standard output.
fn assert_refused(bytes: &[u8], code: &str) {
    let (_folder, path) = saved(bytes);
    let ending = pair(&path, &[]);
    assert_eq!(ending.status, Some(3), "{code}: {ending:?}");
    assert!(ending.stderr.contains(&format!("[{code}]")) && ending.stdout.is_empty(), "{ending:?}");
}

#[test]
fn hostile_files_are_refused() {
    let nested = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    for bytes in [b"".as_slice(), b"not JSON", b"{}", b"[1]", b"[{}]", b"\xFF\xFE", &nested] {
        assert_refused(bytes, "pairing.json");
    }
    let (detections, _) = sidecars();
    let with = |key: &str, value: Value| {
        let mut found = detections[0].clone();
        found[key] = value;
        json!([found]).to_string().into_bytes()
    };
    assert_refused(&with("page_index", json!(4_000_000_000_u64)), "pairing.page_index");
    assert_refused(&with("img_width", json!(0)), "pairing.page_size");
    assert_refused(&with("img_height", json!(4_000_000_000_u32)), "pairing.page_size");
    assert_refused(&with("bbox", json!([10.0, 10.0, 5.0, 20.0])), "pairing.box");
    assert_refused(&with("bbox", json!([0.0, 0.0, 1e300, 1e300])), "pairing.box");
    assert_refused(&with("confidence", json!(1.5)), "pairing.confidence");
    let crowd = json!(vec![detections[0].clone(); 5000]).to_string();
    assert_refused(crowd.as_bytes(), "pairing.too_many_on_page");
}

#[test]
fn a_file_that_is_not_there_is_said_to_be() {
    let ending = pair(Path::new("/nowhere/detections.json"), &[]);
    assert!(ending.status == Some(3) && ending.stderr.contains("[pairing.unreadable]"), "{ending:?}");
}
