//! Bad input ends in a typed error that says what to do, and leaves nothing behind.

use serde_json::json;
use std::path::Path;
use std::process::Command;
use tests::bad_inputs::{self, Damage};
use tests::command::{Ending, Trial};
use tests::look::drawn;

const FAST: [&str; 4] = ["--json", "--no-ocr", "--model", "small"];

/// The volume is refused with this code; nothing is left.
fn assert_refused(trial: &Trial, code: &str) {
    let ending = trial.process(&FAST);
    let (told, message) = ending.failure();
    assert_eq!((ending.status, told.as_str()), (Some(3), code), "{ending:?}");
    assert!(message.len() > 20 && message.contains(' '), "{message}");
    trial.assert_nothing_left();
}

#[test]
fn files_that_are_no_pdf_are_refused() {
    assert_refused(&Trial::of(&bad_inputs::empty_file()), "source.empty");
    assert_refused(&Trial::of(&bad_inputs::plain_text()), "source.not_pdf");
    assert_refused(&Trial::of(&bad_inputs::zip_archive()), "source.not_pdf");
}

#[test]
fn postscript_is_refused_and_never_runs() {
    for make in [bad_inputs::postscript, bad_inputs::postscript_with_a_pdf_header] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("written");
        assert_refused(&Trial::of(&make(&target)), "source.not_pdf");
        assert!(!target.exists(), "the program ran");
    }
}

#[test]
fn broken_and_locked_files_are_refused() {
    assert_refused(&Trial::of(&bad_inputs::truncated()), "source.truncated");
    assert_refused(&Trial::of(&bad_inputs::password_protected()), "source.encrypted");
    assert_refused(&Trial::of(&bad_inputs::zero_pages()), "source.no_pages");
}

#[test]
fn a_million_references_to_a_page_are_refused() {
    assert_refused(&Trial::of(&bad_inputs::million_references()), "source.too_many_pages");
}

#[test]
fn a_page_of_two_miles_is_refused() {
    assert_refused(&Trial::of(&bad_inputs::huge_page()), "source.page_too_large");
}

#[test]
fn images_that_decode_to_gigabytes_are_refused() {
    assert_refused(&Trial::of(&bad_inputs::huge_jpeg()), "source.image_too_large");
    assert_refused(&Trial::of(&bad_inputs::flate_bomb()), "source.image_too_large");
}

/// Address space that the command and each of its children may use here: about three times what a sound page takes.
const ADDRESS_SPACE: u64 = 2 << 30;

/// The dictionary promises a usual page; the data would fill 3.6 GB.
#[test]
fn a_nested_bomb_does_not_fill_the_memory() {
    let trial = Trial::of(&bad_inputs::nested_flate_bomb());
    let quire = trial.command(&FAST);
    let mut limited = Command::new("prlimit");
    limited.arg(format!("--as={ADDRESS_SPACE}:")).arg(quire.get_program()).args(quire.get_args());
    trial.at_home(&mut limited);
    let ending = Ending::of(&mut limited);
    let (code, _) = ending.failure();
    assert_eq!((ending.status, code.as_str()), (Some(3), "process.nothing_readable"), "{ending:?}");
    trial.assert_nothing_left();
}

#[test]
fn page_trees_that_lie_are_followed_no_further_than_they_lead() {
    let trial = Trial::of(&bad_inputs::untrue_count());
    let ending = trial.process(&FAST);
    assert_eq!((ending.status, &ending.json()["pages"]), (Some(0), &json!(1)), "{ending:?}");
    assert_refused(&Trial::of(&bad_inputs::cyclic_page_tree()), "source.damaged");
}

#[test]
fn a_file_that_is_not_there_is_said_to_be() {
    let trial = Trial::of(b"");
    std::fs::remove_file(trial.input()).unwrap();
    assert_refused(&trial, "source.unreadable");
}

/// A damaged page among good ones is reported, and stays a blank with its number; the volume goes on.
#[test]
fn a_damaged_page_is_kept_as_a_blank() {
    for damage in [Damage::Start, Damage::Middle] {
        let trial = Trial::of(&bad_inputs::damaged_page(damage));
        let ending = trial.process(&FAST);
        assert_eq!(ending.status, Some(0), "{ending:?}");
        let summary = ending.json();
        let problems = summary["problems"].as_array().unwrap();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!((&problems[0]["page_index"], &problems[0]["code"]), (&json!(2), &json!("page.damaged")));
        assert!(ending.stderr.contains("page 3: "), "{}", ending.stderr);
        let numbers = [&summary["pages"], &summary["first_page"], &summary["last_page"]];
        assert_eq!(numbers, [&json!(5), &json!(201), &json!(205)]);
        for volume in ["arc.12.201.205.pdf", "arc.12.201.205.redacted.pdf"] {
            assert_blank_among_others(&trial.results().join(volume), 2);
        }
        trial.assert_no_process();
    }
}

/// Five pages, of which one shows nothing.
fn assert_blank_among_others(document: &Path, blank: usize) {
    let pages = drawn(document, 40);
    assert_eq!(pages.len(), 5, "{document:?}");
    for (index, page) in pages.iter().enumerate() {
        let darkest = page.pixels.iter().min().copied().unwrap();
        assert_eq!(darkest > 250, index == blank, "{document:?}, page {index}: {darkest}");
    }
}
