//! Pages that look nearly the same.

use super::evidence::{describe, with_evidence};
use super::printed::{PrintedPage, PrintedVolume};
use crate::findings::finding;
use domain::{FailureCode, Finding, Severity};

/// Pages with less ink all look alike.
const LEAST_INK: f64 = 0.01;

/// A leaf that was turned back while scanning is found within this many pages.
const NEAR: usize = 8;

/// Near pages are the same if their fingerprints differ less.
const SAME_NEAR: f64 = 0.27;

/// Pages anywhere in the volume are the same if their fingerprints differ less. Millions of pairs are compared, so
/// this must be far from the difference of any two pages.
const SAME_ANYWHERE: f64 = 0.1;

/// One finding for each run of pages that repeat earlier ones, unless it is told already.
pub(super) fn findings(volume: &PrintedVolume<'_>, told: &[Finding]) -> Vec<Finding> {
    let is_told = |page: usize| {
        let repeats = told.iter().filter(|finding| finding.code == FailureCode::FindingDuplicateNumber);
        repeats.clone().any(|finding| finding.page_index == Some(page) || finding.evidence.neighbours.contains(&page))
    };
    let open = volume.pages.iter().filter(|page| !is_told(page.index));
    let copies: Vec<(usize, usize)> = open.filter_map(|page| Some((original(volume, page)?, page.index))).collect();
    let runs = copies.chunk_by(|a, b| (a.0 + 1, a.1 + 1) == *b);
    runs.map(|run| duplicate(volume, run)).collect()
}

/// The earlier page that looks the same.
fn original(volume: &PrintedVolume<'_>, page: &PrintedPage<'_>) -> Option<usize> {
    let is_same = |earlier: &&PrintedPage<'_>| {
        let most = if page.index - earlier.index <= NEAR { SAME_NEAR } else { SAME_ANYWHERE };
        earlier.ink >= LEAST_INK && page.fingerprint.difference(earlier.fingerprint) < most
    };
    let earlier = (page.ink >= LEAST_INK).then(|| volume.pages[..page.index].iter().rev().find(is_same));
    earlier.flatten().map(|page| page.index)
}

fn duplicate(volume: &PrintedVolume<'_>, run: &[(usize, usize)]) -> Finding {
    let (original, copy) = run[0];
    let (original, copy) = (&volume.pages[original], &volume.pages[copy]);
    let number = describe(original.carried());
    let message = match run.len() {
        1 => format!("The page looks like page {number}."),
        count => format!("{count} pages look like page {number} and those behind it."),
    };
    let others: Vec<usize> = std::iter::once(original.index).chain(run[1..].iter().map(|pair| pair.1)).collect();
    let code = FailureCode::FindingDuplicatePicture;
    with_evidence(finding(code, Severity::MustLook, Some(copy.index), message), copy, &others)
}
