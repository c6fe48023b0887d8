//! Where the decided numbers jump: forward where pages are missing, back where pages are doubled or out of order.

use super::evidence::{describe, with_evidence};
use super::printed::{PrintedPage, PrintedVolume, first, last};
use crate::findings::finding;
use domain::{FailureCode, Finding, Severity};
use std::ops::RangeInclusive;

pub(super) fn findings(volume: &PrintedVolume<'_>) -> Vec<Finding> {
    let pages: Vec<&PrintedPage<'_>> = volume.reliable().collect();
    pages.windows(2).filter_map(|pair| jump(volume, pair[0], pair[1])).collect()
}

fn jump(volume: &PrintedVolume<'_>, before: &PrintedPage<'_>, after: &PrintedPage<'_>) -> Option<Finding> {
    match before.distance(after) {
        0 => None,
        1.. => {
            let carried = volume.carried_between(between(before, after));
            pages_missing(before, after, count(between(before, after)).saturating_sub(carried))
        }
        distance if is_filled(before, after, distance) => None,
        _ => Some(back(volume, before, after)),
    }
}

/// True if as many pages without this numbering are between two pages as the numbers fall behind.
pub(super) fn is_filled(before: &PrintedPage<'_>, after: &PrintedPage<'_>, distance: i64) -> bool {
    distance < 0 && distance.unsigned_abs() < (after.index - before.index) as u64
}

/// The numbers that should be between two pages.
fn between(before: &PrintedPage<'_>, after: &PrintedPage<'_>) -> RangeInclusive<i64> {
    last(before.carried()) + 1..=first(after.carried()) - 1
}

fn count(numbers: RangeInclusive<i64>) -> usize {
    usize::try_from(numbers.end() - numbers.start() + 1).unwrap_or_default()
}

/// Pages are missing between two pages.
pub(super) fn pages_missing(before: &PrintedPage<'_>, after: &PrintedPage<'_>, missing: usize) -> Option<Finding> {
    let numbers = between(before, after);
    let (low, high, is_all) = (*numbers.start(), *numbers.end(), missing == count(numbers));
    let (next, previous) = (describe(after.carried()), describe(before.carried()));
    let message = match missing {
        0 => return None,
        1 if is_all => format!("Page {low} is missing: {next} follows {previous}."),
        1 => format!("A page is missing between {previous} and {next}."),
        _ if is_all => format!("{missing} pages are missing, {low} to {high}: {next} follows {previous}."),
        _ => format!("{missing} pages are missing between {previous} and {next}."),
    };
    let code = FailureCode::FindingPagesMissing;
    Some(with_evidence(finding(code, Severity::MustLook, Some(after.index), message), after, &[before.index]))
}

/// The numbers go back: to numbers that earlier pages carry, or to others.
fn back(volume: &PrintedVolume<'_>, before: &PrintedPage<'_>, after: &PrintedPage<'_>) -> Finding {
    let carried = |page: &PrintedPage<'_>| volume.page_that_reads(first(page.carried()), page.index);
    match carried(after).filter(|earlier| earlier.index < after.index) {
        Some(earlier) => repeated(volume, earlier, after),
        None => moved(volume, before, after),
    }
}

/// Pages that stand behind pages with higher numbers. `page` is the first of them.
fn moved(volume: &PrintedVolume<'_>, before: &PrintedPage<'_>, page: &PrintedPage<'_>) -> Finding {
    let run =
        volume.pages[page.index..].iter().take_while(|other| other.index == page.index || page.distance(other) == 0);
    let end = run.last().unwrap_or(page);
    let belongs =
        volume.reliable().rev().find(|other| other.index < page.index && last(other.carried()) < first(page.carried()));
    let (number, previous) = (describe(page.carried()), describe(before.carried()));
    let message = if end.index == page.index {
        format!("Page {number} is out of order: it follows {previous}.")
    } else {
        format!("Pages {number} to {} are out of order: they follow {previous}.", describe(end.carried()))
    };
    let mut others = vec![before.index];
    others.extend(belongs.map(|other| other.index));
    others.extend((end.index != page.index).then_some(end.index));
    let code = FailureCode::FindingOutOfOrder;
    with_evidence(finding(code, Severity::MustLook, Some(page.index), message), page, &others)
}

/// Pages that carry the numbers of earlier pages once more. `again` is the first of them.
pub(super) fn repeated(volume: &PrintedVolume<'_>, earlier: &PrintedPage<'_>, again: &PrintedPage<'_>) -> Finding {
    let run = volume.pages[again.index..].iter().zip(again.index..).take_while(|(page, index)| {
        let is_in_sequence = *index == again.index || again.distance(page) == 0;
        let mut earlier = volume.pages[..again.index].iter();
        is_in_sequence && earlier.any(|other| first(other.carried()) == first(page.carried()))
    });
    let pages: Vec<&PrintedPage<'_>> = run.map(|(page, _)| page).collect();
    let number = describe(again.carried());
    let message = match pages.last() {
        Some(end) if pages.len() > 1 => format!("Pages {number} to {} are here twice.", describe(end.carried())),
        _ => format!("Two pages carry the number {number}."),
    };
    let mut others = vec![earlier.index];
    others.extend(pages.iter().skip(1).map(|page| page.index));
    let code = FailureCode::FindingDuplicateNumber;
    with_evidence(finding(code, Severity::MustLook, Some(again.index), message), again, &others)
}
