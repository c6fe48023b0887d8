//! Every way in which a scan can be stored: it is taken in, keeps its size and its kind of image, and nothing of what
//! hung on the source is in the redacted volume.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use serde_json::Value;
use std::path::PathBuf;
use tests::command::{Ending, Trial};
use tests::look::{self, ListedImage, drawn, images, page_sizes, unpacked};
use tests::page_kinds::{FURNITURE, HIDDEN_WORD, KINDS, Kind, PAGES};
use tests::sample::Grey;

/// The result for a kind, once for all tests.
fn processed((name, volume): Kind) -> (Trial, Ending) {
    let (trial, ending) = Trial::shared(name, volume, &["--json", "--no-ocr", "--model", "small"]);
    assert_eq!(ending.status, Some(0), "{name}: {ending:?}");
    (trial, ending)
}

fn kind(wanted: &str) -> Kind {
    KINDS.into_iter().find(|(name, _)| *name == wanted).unwrap()
}

fn volume(trial: &Trial) -> PathBuf {
    trial.results().join("arc.12.201.202.pdf")
}

fn redacted(trial: &Trial) -> PathBuf {
    trial.results().join("arc.12.201.202.redacted.pdf")
}

#[test]
fn every_kind_is_taken_in_without_a_complaint() {
    for kind in KINDS {
        let (_trial, ending) = processed(kind);
        let summary = ending.json();
        assert_eq!(summary["pages"], PAGES, "{}", kind.0);
        assert_eq!(summary["problems"].as_array().unwrap().len(), 0, "{}: {summary}", kind.0);
    }
}

#[test]
fn every_kind_keeps_its_size_as_displayed() {
    for kind in KINDS {
        let (trial, _) = processed(kind);
        let original = page_sizes(&trial.input());
        for document in [volume(&trial), redacted(&trial)] {
            let sizes = page_sizes(&document);
            assert_eq!(sizes.len(), PAGES, "{}", kind.0);
            for ((width, height), (wide, high)) in sizes.iter().zip(&original) {
                let differ = (width - wide).abs().max((height - high).abs());
                assert!(differ <= 0.5, "{}: {width} x {height} for {wide} x {high}", kind.0);
            }
        }
    }
}

/// What a document weighs beside its pages, and may weigh more after qpdf wrote it again, bytes.
const FRAME: u64 = 1024;

#[test]
fn no_kind_makes_the_volume_larger() {
    for kind in KINDS {
        let (_trial, ending) = processed(kind);
        let bytes = |key: &str| ending.json()[key].as_u64().unwrap();
        let (before, after) = (bytes("input_bytes"), bytes("output_bytes"));
        assert!(after <= before + FRAME, "{}: {after} bytes instead of {before}", kind.0);
    }
}

/// Mean of each square of ten by ten pixels.
fn block_means(page: &Grey) -> Vec<f64> {
    let blocks = (0..page.height / 10).flat_map(|y| (0..page.width / 10).map(move |x| (x * 10, y * 10)));
    let sum = |(x, y): (usize, usize)| (0..100).map(|at| f64::from(page.at(x + at % 10, y + at / 10))).sum::<f64>();
    blocks.map(|corner| sum(corner) / 100.0).collect()
}

/// The compressed pages look as the source's do: nowhere is a square of a sixteenth of an inch lighter or darker by a
/// quarter, as a page upside down, inverted or empty would be.
#[test]
fn every_kind_looks_as_before() {
    for kind in KINDS {
        let (trial, _) = processed(kind);
        // Poppler 22.12 misreads some lines of JBIG2 that is coded as Group 4, but of both alike: the volume has the
        // source's own pages, which are smaller than what Ghostscript makes of them.
        let (before, after) = (drawn(&trial.input(), 160), drawn(&volume(&trial), 160));
        for (before, after) in before.iter().zip(&after) {
            assert!(before.width.abs_diff(after.width) <= 1 && before.height.abs_diff(after.height) <= 1, "{}", kind.0);
            let (width, height) = (before.width.min(after.width), before.height.min(after.height));
            let means = |page: &Grey| block_means(&Grey::from_pixels(width, height, |x, y| page.at(x, y)));
            let differences = means(before).into_iter().zip(means(after)).map(|(a, b)| (a - b).abs());
            let largest = differences.fold(0.0, f64::max);
            assert!(largest < 64.0, "{}: {largest}", kind.0);
        }
    }
}

#[test]
fn the_redacted_volume_is_one_image_a_page() {
    for kind in KINDS {
        let (trial, _) = processed(kind);
        let pages: Vec<usize> = images(&redacted(&trial)).into_iter().map(|image| image.page).collect();
        assert_eq!(pages, (1..=PAGES).collect::<Vec<_>>(), "{}", kind.0);
    }
}

#[test]
fn colour_stays_colour_and_bits_stay_bits() {
    for (name, colour, bits) in
        [("rgb", "rgb", 8), ("cmyk", "cmyk", 8), ("ccitt", "gray", 1), ("one-bit", "gray", 1), ("jbig2", "gray", 1)]
    {
        let (trial, _) = processed(kind(name));
        for document in [volume(&trial), redacted(&trial)] {
            let expected = |page| ListedImage { page, kind: "image".to_owned(), colour: colour.to_owned(), bits };
            assert_eq!(images(&document), (1..=PAGES).map(expected).collect::<Vec<_>>(), "{document:?}");
        }
    }
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// The same words in UTF-16, as PDF strings may hold them.
fn wide(word: &str) -> Vec<u8> {
    word.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

#[test]
fn nothing_that_hung_on_the_source_travels() {
    let (trial, _) = processed(kind("furnished"));
    assert!(FURNITURE.iter().all(|word| holds(&unpacked(&trial.input()), word)));
    let bytes = unpacked(&redacted(&trial));
    for word in FURNITURE {
        assert!(!holds(&bytes, word), "{word}");
        assert!(!bytes.windows(word.len() * 2).any(|window| window == wide(word)), "{word} in UTF-16");
    }
    for key in ["/Annots", "/Metadata", "/Outlines", "/Names", "/AcroForm", "/OpenAction", "/Thumb", "/PieceInfo"] {
        assert!(!holds(&bytes, key), "{key}");
    }
}

#[test]
fn hidden_text_of_the_source_does_not_travel() {
    let (trial, _) = processed(kind("hidden-text"));
    assert!(look::text(&trial.input()).contains(HIDDEN_WORD));
    assert!(!look::text(&redacted(&trial)).contains(HIDDEN_WORD));
    assert!(!holds(&unpacked(&redacted(&trial)), HIDDEN_WORD));
    assert_eq!(look::text(&redacted(&trial)).trim(), "");
}

/// Every cover in `redaction_rects.json` is in the pixels that are stored.
#[test]
fn covers_are_in_the_stored_image() {
    for kind in KINDS.into_iter().filter(|(name, _)| *name != "vector") {
        let (trial, _) = processed(kind);
        let told = std::fs::read(trial.results().join("redaction_rects.json")).unwrap();
        let told: Value = serde_json::from_slice(&told).unwrap();
        let pages = drawn(&redacted(&trial), 200);
        let covers = told.as_array().unwrap().iter().flat_map(|page| {
            let index = usize::try_from(page["page_index"].as_u64().unwrap()).unwrap();
            page["rects"].as_array().unwrap().iter().map(move |rect| (index, rect))
        });
        let mut fills: Vec<&str> = covers.map(|(index, rect)| assert_covered(kind.0, &pages[index], rect)).collect();
        fills.sort_unstable();
        fills.dedup();
        assert_eq!(fills, ["black", "white"], "{}", kind.0);
    }
}

/// Fails unless the inside of a cover has its colour; tells the colour.
fn assert_covered<'r>(kind: &str, page: &Grey, rect: &'r Value) -> &'r str {
    const INSET: f64 = 4.0;
    let edge = |key: &str| rect[key].as_f64().unwrap();
    let (x0, x1) = ((edge("x0") + INSET) as usize, (edge("x1") - INSET) as usize);
    let (y0, y1) = ((edge("y0") + INSET) as usize, (edge("y1") - INSET) as usize);
    let fill = rect["fill"].as_str().unwrap();
    let is_right = |grey: u8| if fill == "black" { grey < 60 } else { grey > 195 };
    let inside: Vec<u8> = (y0..y1).flat_map(|y| (x0..x1).map(move |x| page.at(x, y))).collect();
    let wrong = inside.iter().filter(|grey| !is_right(**grey)).count();
    assert!(wrong == 0, "{kind}: {wrong} of {} pixels under {rect}", inside.len());
    fill
}
