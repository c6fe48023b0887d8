//! Bad input ends in a typed error that says what to do, and leaves nothing behind.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use serde_json::json;
use std::path::Path;
use std::process::Command;
use tests::bad_inputs::{self, Damage};
use tests::command::{Ending, Trial};
use tests::look::{drawn, page_sizes};
use tests::page_kinds;
use tests::sample::{self, Grey};

#[path = "../../layers/engine/tests/support/mutations.rs"]
mod mutations;
use mutations::Mutations;

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

/// A page that exceeds a limit is a damaged page. The volume goes on.
#[test]
fn pages_beyond_a_limit_are_kept_as_blanks() {
    let trial = Trial::of(&bad_inputs::limits_exceeded());
    let ending = trial.process(&FAST);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    assert_eq!(problems(&ending), [(1, "page.damaged".to_owned()), (3, "page.damaged".to_owned())]);
    let pages = drawn(&trial.results().join("arc.12.201.205.redacted.pdf"), 40);
    let is_blank: Vec<bool> = pages.iter().map(|page| page.pixels.iter().all(|shade| *shade > 250)).collect();
    assert_eq!(is_blank, [false, true, false, true, false]);
}

/// Ghostscript loses count behind a page that is listed but not there.
#[test]
fn a_missing_page_does_not_keep_others_from_being_compressed() {
    let trial = Trial::of(&bad_inputs::missing_page());
    let ending = trial.process(&FAST);
    assert_eq!((ending.status, problems(&ending)), (Some(0), vec![(1, "page.damaged".to_owned())]), "{ending:?}");
    let bytes = |key: &str| ending.json()[key].as_u64().unwrap();
    assert!(bytes("output_bytes") < bytes("input_bytes"));
}

/// Such a page has the size of US Letter. It is copied, not drawn again.
#[test]
fn a_page_without_a_size_keeps_what_is_on_it() {
    let trial = Trial::of(&bad_inputs::missing_box());
    let ending = trial.process(&FAST);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    assert!(problems(&ending).iter().all(|(_, code)| code == "page.not_compressed"), "{ending:?}");
    let volume = trial.results().join("arc.12.201.205.pdf");
    assert_eq!(page_sizes(&volume)[1], (612.0, 792.0));
    assert!(drawn(&volume, 40)[1].pixels.iter().any(|shade| *shade < 200));
}

fn problems(ending: &Ending) -> Vec<(u64, String)> {
    let summary = ending.json();
    let problem = |problem: &serde_json::Value| {
        (problem["page_index"].as_u64().unwrap(), problem["code"].as_str().unwrap().to_owned())
    };
    summary["problems"].as_array().unwrap().iter().map(problem).collect()
}

/// How unlike two pages of the same size are: the mean difference of their shades at low resolution.
fn difference(one: &Grey, other: &Grey) -> f64 {
    let differences = one.pixels.iter().zip(&other.pixels).map(|(one, other)| f64::from(one.abs_diff(*other)));
    differences.sum::<f64>() / one.pixels.len() as f64
}

/// Pages that stand in the list of pages itself count like any others, and no page takes the place of another.
#[test]
fn pages_without_an_object_of_their_own_stay_in_their_place() {
    let trial = Trial::of(&bad_inputs::direct_pages());
    let ending = trial.process(&FAST);
    assert_eq!((ending.status, problems(&ending)), (Some(0), vec![]), "{ending:?}");
    // Poppler cannot read such a list of pages.
    let before = drawn(&Trial::of(&bad_inputs::five_pages()).input(), 40);
    let after = drawn(&trial.results().join("arc.12.201.205.pdf"), 40);
    assert_eq!((before.len(), after.len()), (5, 5));
    for (index, page) in before.iter().enumerate() {
        let nearest = (0..5).min_by(|a, b| difference(page, &after[*a]).total_cmp(&difference(page, &after[*b])));
        assert_eq!(nearest, Some(index));
    }
}

#[test]
fn a_list_of_pages_that_qpdf_cannot_read_is_refused() {
    assert_refused(&Trial::of(&bad_inputs::listed_null()), "source.damaged");
}

/// Ghostscript makes these pages blank and reports success.
#[test]
fn no_page_becomes_blank_in_silence() {
    let trial = Trial::of(&page_kinds::refined_jbig2());
    let ending = trial.process(&FAST);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    for page in 0..2 {
        assert!(problems(&ending).contains(&(page, "page.not_compressed".to_owned())), "{ending:?}");
    }
    for volume in ["arc.12.201.202.pdf", "arc.12.201.202.redacted.pdf"] {
        for page in drawn(&trial.results().join(volume), 40) {
            assert!(page.pixels.iter().any(|shade| *shade < 128), "{volume}");
        }
    }
}

/// Seeds of damaged copies of the sample volume. What the cheap steps do with a thousand of them, a test of the engine
/// shows.
const SEEDS: std::ops::Range<u64> = 20..26;

#[test]
fn damaged_copies_are_processed_or_refused() {
    let sample = sample::bytes();
    let mutations = Mutations::of(&sample);
    for seed in SEEDS {
        let trial = Trial::of(&mutations.file(seed));
        let ending = trial.process(&FAST);
        match ending.status {
            Some(0) => assert!(ending.json()["pages"].as_u64().unwrap() > 0, "{seed}: {ending:?}"),
            Some(3) => {
                let (code, _) = ending.failure();
                assert!(code.contains('.'), "{seed}: {ending:?}");
                trial.assert_nothing_left();
            }
            _ => panic!("seed {seed}: {ending:?}"),
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
