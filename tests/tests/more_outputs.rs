//! The outputs that a person asks for: single pages with the end of each opinion marked, and footnotes.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use std::path::PathBuf;
use tests::command::{Trial, files};
use tests::look::{page_sizes, text};
use tests::sample;

fn trial() -> Trial {
    let (trial, ending) =
        Trial::shared("more", sample::bytes, &["--json", "--footnotes", "--pages", "--model", "medium"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    trial
}

fn single_page(trial: &Trial, page: usize) -> PathBuf {
    trial.results().join(format!("llm/page_{:04}.pdf", page + 1))
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

/// The models see no footnotes in the sample. The engine's test `footnotes` has some.
#[test]
fn an_opinion_without_footnotes_has_no_file_of_them() {
    let found = files(&trial().results().join("redacted"));
    assert!(found.len() == 3 && !found.iter().any(|file| file.to_string_lossy().contains("footnotes")), "{found:?}");
}
