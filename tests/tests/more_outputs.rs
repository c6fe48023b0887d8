//! The outputs that a person asks for: footnotes in files of their own, and single pages with the end of each opinion
//! marked.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use std::path::PathBuf;
use tests::command::{Trial, files};
use tests::look::{page_sizes, text};
use tests::sample;
use tests::score::lines;

fn trial() -> Trial {
    let (trial, ending) =
        Trial::shared("more", sample::bytes, &["--json", "--footnotes", "--pages", "--model", "medium"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    trial
}

fn single_page(trial: &Trial, page: usize) -> PathBuf {
    trial.results().join(format!("llm/page_{:04}.pdf", page + 1))
}

/// The words of the sample in a footnote's box of the truth.
fn footnote_words(page: usize) -> Vec<String> {
    let truth = sample::truth();
    let objects = truth["objects"].as_array().unwrap().iter();
    let bbox = objects.filter(|one| one["label"] == "FOOTNOTES" && one["page_index"] == page).map(|one| &one["bbox"]);
    let bbox = bbox.map(|bbox| [0, 1, 2, 3].map(|edge| bbox[edge].as_f64().unwrap())).next().unwrap();
    let inside = |middle: (f64, f64)| (bbox[0]..bbox[2]).contains(&middle.0) && (bbox[1]..bbox[3]).contains(&middle.1);
    let here = lines().into_iter().filter(|line| line.page == page);
    let here = here.filter(|line| {
        let [x0, y0, x1, y1] = line.bbox;
        inside((f64::midpoint(x0, x1), f64::midpoint(y0, y1)))
    });
    here.flat_map(|line| line.text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn every_page_is_a_file_and_the_ends_of_opinions_are_marked() {
    let trial = trial();
    let pages: Vec<PathBuf> = (0..7).map(|page| single_page(&trial, page)).collect();
    assert_eq!(files(&trial.results().join("llm")), pages);
    let marked: Vec<usize> = (0..7).filter(|page| text(&pages[*page]).contains("<--CASEEND-->")).collect();
    assert_eq!(marked, [2, 4, 6]);
    let whole = text(&trial.results().join("arc.12.201.207.redacted.pdf"));
    assert!(!whole.contains("CASEEND"), "the mark belongs in the single pages only");
    for page in &pages {
        assert_eq!(page_sizes(page).len(), 1, "{page:?}");
        let words = text(page).replace("<--CASEEND-->", "");
        assert!(
            words.split_whitespace().all(|word| whole.contains(word)),
            "words beyond the redacted volume in {page:?}"
        );
    }
}

#[test]
fn the_footnotes_of_an_opinion_are_a_file_beside_it() {
    let trial = trial();
    for (opinion, page) in [("0201-0203", 1), ("0203-0205", 3), ("0205-0207", 5)] {
        let document = trial.results().join(format!("redacted/arc.12.{opinion}-footnotes.pdf"));
        let (found, expected) = (text(&document), footnote_words(page));
        let present = expected.iter().filter(|word| found.contains(*word)).count();
        assert!(present * 10 >= expected.len() * 9 && !expected.is_empty(), "{present} of {expected:?} in {found:?}");
        assert!(found.split_whitespace().count() <= expected.len() + 2, "more than the footnotes: {found:?}");
        let sizes = page_sizes(&document);
        assert!(sizes.len() == 1 && sizes[0].1 < 100.0, "{sizes:?}");
    }
}
