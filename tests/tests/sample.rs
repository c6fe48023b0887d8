//! The whole command on the project's own sample: both models, with words.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tests::command::{Ending, Trial, files};
use tests::look::{self, text};
use tests::sample;
use tests::score::{Comparison, Mark, lines, must_go, must_stay, objects};

/// The thorough mode, once for all tests.
fn thorough() -> (Trial, Ending) {
    Trial::shared("thorough", sample::bytes, &["--json", "--unredacted"])
}

/// The fast mode, once for all tests.
fn fast() -> (Trial, Ending) {
    Trial::shared("fast", sample::bytes, &["--json", "--no-ocr", "--model", "small"])
}

const OPINIONS: [&str; 3] = ["arc.12.0201-0203.pdf", "arc.12.0203-0205.pdf", "arc.12.0205-0207.pdf"];
const REDACTED: &str = "arc.12.201.207.redacted.pdf";

fn volume(trial: &Trial) -> PathBuf {
    trial.results().join("arc.12.201.207.pdf")
}

fn sidecar(trial: &Trial, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(trial.results().join(name)).unwrap()).unwrap()
}

fn file_names(trial: &Trial) -> Vec<String> {
    let found = files(&trial.results()).into_iter().filter(|path| path.is_file());
    found.map(|path| path.strip_prefix(trial.results()).unwrap().display().to_string()).collect()
}

#[test]
fn the_result_is_told_in_one_object_and_lies_where_it_says() {
    let (trial, ending) = thorough();
    assert_eq!(ending.status, Some(0), "{ending:?}");
    let summary = ending.json();
    let told: Vec<String> = serde_json::from_value(summary["files"].clone()).unwrap();
    assert_eq!(told, file_names(&trial));
    assert_eq!(Path::new(summary["directory"].as_str().unwrap()), trial.results());
    let size = |path: PathBuf| json!(path.metadata().unwrap().len());
    assert_eq!(summary["input_bytes"], size(trial.input()));
    assert_eq!(summary["output_bytes"], size(volume(&trial)));
    let stable = ["reporter", "volume", "first_page", "last_page", "pages", "opinions", "files", "problems"];
    insta::assert_json_snapshot!(stable.map(|key| (key, summary[key].clone())));
}

#[test]
fn nothing_but_the_result_is_left() {
    let (trial, _) = fast();
    let expected: Vec<PathBuf> = ["arc", "arc/12", "arc/12/201"].map(|name| trial.out().join(name)).into();
    let others = files(&trial.out()).into_iter().filter(|path| !path.starts_with(trial.results()));
    assert_eq!(others.chain([trial.results()]).collect::<Vec<_>>(), expected);
    assert_eq!(files(&trial.folder().join("temporary")), Vec::<PathBuf>::new());
}

#[test]
fn every_page_has_its_printed_number() {
    let (trial, _) = thorough();
    let detections = sidecar(&trial, "detections.json");
    let mut numbers: Vec<(u64, u64)> = detections
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (found["page_index"].as_u64().unwrap(), found["page_number"].as_u64().unwrap()))
        .collect();
    numbers.dedup();
    assert_eq!(numbers, (0..7).map(|index| (index, index + 201)).collect::<Vec<_>>());
}

#[test]
fn opinions_are_those_of_the_truth() {
    let (trial, _) = thorough();
    let (found, truth) = (sidecar(&trial, "opinions.json"), sample::truth());
    for key in ["caption_page", "key_page", "first_page_number"] {
        let values = |list: &Value| list.as_array().unwrap().iter().map(|one| one[key].clone()).collect::<Vec<_>>();
        assert_eq!(values(&found), values(&truth["opinions"]), "{key}");
    }
    let stable = ["caption_label", "key_label", "page_count", "end_page", "last_page_number", "has_image"];
    let row = |one: &Value| stable.map(|key| (key, one[key].clone()));
    insta::assert_json_snapshot!(found.as_array().unwrap().iter().map(row).collect::<Vec<_>>());
}

/// Types in place of values; what is said of several pages or boxes alike is said once.
fn shape(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut shapes: Vec<Value> = items.iter().map(shape).collect();
            shapes.sort_by_key(Value::to_string);
            shapes.dedup();
            shapes.into()
        }
        Value::Object(entries) => entries.iter().map(|(key, value)| (generic(key), shape(value))).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "truth".into(),
        Value::Null => Value::Null,
    }
}

fn generic(key: &str) -> String {
    if key.bytes().all(|byte| byte.is_ascii_digit()) { "<page>".to_owned() } else { key.to_owned() }
}

#[test]
fn sidecars_have_the_schemas_of_the_reference() {
    let (trial, _) = thorough();
    let names = ["detections", "pages_meta", "opinions", "redaction_rects", "margin_rects"];
    let shapes = names.map(|name| (name, shape(&sidecar(&trial, &format!("{name}.json")))));
    insta::assert_json_snapshot!(shapes);
}

fn assert_all(marks: &[Mark], verdict: impl Fn(&Mark) -> bool) {
    let failed: Vec<&Mark> = marks.iter().filter(|mark| !verdict(mark)).collect();
    assert!(failed.is_empty() && !marks.is_empty(), "{} of {}: {failed:?}", failed.len(), marks.len());
}

#[test]
fn headnote_matter_is_gone_and_the_courts_words_are_whole() {
    let (trial, _) = thorough();
    let comparison = Comparison::new(&volume(&trial), &trial.results().join(REDACTED), 0);
    assert_all(&must_go(), |mark| comparison.is_gone(mark));
    let stay = must_stay();
    let broken: Vec<&Mark> = stay.iter().filter(|mark| !comparison.is_whole(mark)).collect();
    assert!(broken.len() * 1000 <= stay.len() * 5, "{} of {}: {broken:?}", broken.len(), stay.len());
}

#[test]
fn an_opinion_shows_nothing_of_its_neighbours() {
    let (trial, _) = thorough();
    for (number, name) in OPINIONS.iter().enumerate() {
        let first = number * 2;
        let comparison = Comparison::new(&volume(&trial), &trial.results().join("redacted").join(name), first);
        let of_court = lines().into_iter().filter(|line| ["body", "caption"].contains(&line.role.as_str()));
        let shown = of_court.filter(|line| comparison.shows(line));
        let (own, others): (Vec<Mark>, Vec<Mark>) = shown.partition(|line| opinion_of(line) == number);
        assert_all(&others, |mark| comparison.is_gone(mark));
        assert_all(&own, |mark| mark.text.contains('[') || comparison.is_whole(mark));
        // Words are looked for well inside a line; one without an ascender or a capital has no such inside.
        let high: Vec<Mark> = own.into_iter().filter(|mark| mark.bbox[3] - mark.bbox[1] > 18.0).collect();
        assert_all(&high, |mark| !comparison.words_under(mark).is_empty());
    }
}

/// Which opinion a line belongs to: so many key icons stand before it.
fn opinion_of(line: &Mark) -> usize {
    let place = |mark: &Mark| (mark.page, mark.bbox[0] > 600.0, mark.bbox[1]);
    objects().iter().filter(|object| object.role == "KEY_ICON" && place(object) < place(line)).count()
}

#[test]
fn the_unredacted_opinions_are_the_volumes_own_pages() {
    let (trial, _) = thorough();
    for (number, name) in OPINIONS.iter().enumerate() {
        let comparison = Comparison::new(&trial.input(), &trial.results().join("unredacted").join(name), number * 2);
        let matter = must_go().into_iter().filter(|mark| mark.role == "matter" && comparison.shows(mark));
        let matter: Vec<Mark> = matter.collect();
        assert_all(&matter, |mark| comparison.is_whole(mark));
    }
    let (trial, _) = fast();
    assert!(!trial.results().join("unredacted").exists());
}

#[test]
fn the_volume_can_be_searched_and_the_redacted_one_only_for_what_it_shows() {
    let (trial, _) = thorough();
    let [volume, redacted] = ["arc.12.201.207.pdf", REDACTED].map(|name| text(&trial.results().join(name)));
    let (kept, removed) = ("The order of dismissal is reversed,", "A guild that undertakes to keep a public");
    assert!(volume.contains(kept) && redacted.contains(kept));
    assert!(volume.contains(removed) && !redacted.contains(removed));
}

#[test]
fn the_picture_is_cut_out() {
    let (trial, _) = thorough();
    let picture = std::fs::read(trial.results().join("images/0202-001.png")).unwrap();
    let side = |from: usize| u32::from_be_bytes(picture[from..from + 4].try_into().unwrap());
    let detections = sidecar(&trial, "detections.json");
    let seen = detections.as_array().unwrap().iter().find(|found| found["label"] == "IMAGE").unwrap();
    let edge = |at: usize| seen["bbox"][at].as_f64().unwrap() * 300.0 / 200.0;
    for (found, expected) in [(side(16), edge(2) - edge(0)), (side(20), edge(3) - edge(1))] {
        assert!((f64::from(found) - expected).abs() <= 3.0, "{found} for {expected}");
    }
    let truth = objects().into_iter().find(|object| object.role == "IMAGE").unwrap().bbox.map(|edge| edge * 1.5);
    assert!(edge(0) < truth[0] + 9.0 && edge(1) < truth[1] + 9.0, "{seen}");
    assert!(edge(2) > truth[2] - 9.0 && edge(3) > truth[3] - 9.0, "{seen}");
    assert!(picture.starts_with(b"\x89PNG"));
}

#[test]
fn pages_keep_their_number_and_size_in_every_document() {
    let (trial, _) = fast();
    let original = look::page_sizes(&trial.input());
    let documents = [("arc.12.201.207.pdf", 0..7), (REDACTED, 0..7)].map(|(name, pages)| (name.to_owned(), pages));
    let opinions = OPINIONS.iter().enumerate().map(|(i, name)| (format!("redacted/{name}"), i * 2..i * 2 + 3));
    for (name, pages) in documents.into_iter().chain(opinions) {
        let sizes = look::page_sizes(&trial.results().join(&name));
        assert_eq!(sizes.len(), pages.len(), "{name}");
        for ((width, height), (wide, high)) in sizes.iter().zip(&original[pages]) {
            assert!((width - wide).abs() <= 0.5 && (height - high).abs() <= 0.5, "{name}");
        }
    }
}

#[test]
fn a_second_run_gives_the_same_files_in_place_of_the_first() {
    let trial = Trial::of(&sample::bytes());
    let options = ["--json", "--no-ocr", "--model", "small"];
    assert_eq!(trial.process(&options).status, Some(0));
    let first = file_names(&trial);
    let stale = trial.results().join("redacted/stale.pdf");
    std::fs::write(&stale, "of an earlier result").unwrap();
    let ending = trial.process(&options);
    assert_eq!((ending.status, file_names(&trial)), (Some(0), first), "{ending:?}");
    let (reference, _) = fast();
    for name in ["detections.json", "opinions.json", "redaction_rects.json", "margin_rects.json", "pages_meta.json"] {
        assert_eq!(sidecar(&trial, name), sidecar(&reference, name), "{name}");
    }
}

#[test]
fn somebody_elses_directory_is_left_alone() {
    let trial = Trial::of(&sample::bytes());
    std::fs::create_dir_all(trial.results()).unwrap();
    let thesis = trial.results().join("thesis.txt");
    std::fs::write(&thesis, "mine").unwrap();
    let ending = trial.process(&["--json", "--no-ocr", "--model", "small"]);
    assert_eq!((ending.status, ending.failure().0.as_str()), (Some(3), "output.not_ours"), "{ending:?}");
    assert_eq!(files(&trial.results()), std::slice::from_ref(&thesis));
    assert_eq!(std::fs::read_to_string(thesis).unwrap(), "mine");
    assert!(!files(&trial.out()).iter().any(|path| path.to_string_lossy().contains(".quire-")));
}

#[test]
fn a_person_is_told_in_words() {
    let trial = Trial::of(&sample::bytes());
    let ending = trial.process(&["--no-ocr", "--model", "small"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    let said = ending.stdout.lines().collect::<Vec<_>>();
    assert_eq!(said[0], "arc 12, pages 201 to 207: 7 pages, 3 opinions");
    assert_eq!(said[said.len() - 1], format!("results: {}", trial.results().display()));
    for stage in ["detecting", "compressing", "redacting", "writing"] {
        assert!(ending.stderr.contains(stage), "{}", ending.stderr);
    }
}
