//! Words that a cover cuts.

use super::super::remarks::CutWord;
use super::super::{VolumeResults, finding, place_box};
use domain::{FailureCode, Finding, Severity};

/// Of a word that belongs under a cover, more than this share of the ink is hidden.
const COVERED: f64 = 0.5;

/// One finding for each page and kind.
pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let pages = results.remarks.iter();
    pages
        .flat_map(|page| {
            let (left, cut): (Vec<&CutWord>, Vec<&CutWord>) =
                page.cut_words.iter().partition(|word| word.hidden >= COVERED);
            let left = of_words(FailureCode::FindingWordLeft, page.page_index, &left);
            left.into_iter().chain(of_words(FailureCode::FindingWordCut, page.page_index, &cut))
        })
        .collect()
}

fn of_words(code: FailureCode, page: usize, words: &[&CutWord]) -> Option<Finding> {
    if words.is_empty() {
        return None;
    }
    let mut found = finding(code, Severity::ShouldLook, Some(page), code.meaning());
    found.evidence.readings = words.iter().map(|word| word.text.clone()).collect();
    found.evidence.boxes = words.iter().map(|word| place_box("word", &word.rect)).collect();
    Some(found)
}
