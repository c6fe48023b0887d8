//! Is the volume complete and in order?
//!
//! The decided numbers explain most readings (see [`crate::numbering`]). What is told here follows from where they jump
//! ([`jumps`]), from the pages whose reading they contradict ([`contradictions`]), from both ends of the volume
//! ([`ends`]), and from pages that look alike ([`pictures`]). One cause gives one finding: numbers that a page carries
//! elsewhere are not missing, and a page that repeats a number is not told again for its picture.

mod contradictions;
mod ends;
mod evidence;
mod jumps;
mod pictures;
mod printed;

use super::{VolumeResults, finding};
use crate::numbering::Reading;
use contradictions::Moved;
use domain::{FailureCode, Finding, Severity};
use evidence::{describe, with_evidence};
use printed::{PrintedPage, PrintedVolume, Standing};

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let volume = PrintedVolume::new(results.pages);
    let moved = Moved::new(&volume);
    let volume = volume.with_shifted(|page| moved.contains(page));
    let mut findings = jumps::findings(&volume);
    findings.extend(moved.findings(&volume));
    findings.extend(contradictions::findings(results.name, &volume, &moved));
    findings.extend(match ends::other_volume(results.name, &volume) {
        Some(other) => vec![other],
        None => ends::first_and_last(results.name, &volume),
    });
    findings.extend(pictures::findings(&volume, &findings));
    findings.extend(ends::page_count(results.name, &volume, &findings));
    findings.extend(unread(results, &volume));
    findings.extend(volume.pages.iter().filter_map(range));
    findings
}

/// One page carries a range, or seems to.
fn range(page: &PrintedPage<'_>) -> Option<Finding> {
    let first = page.number.first?;
    if let Some(last) = page.number.last {
        let message = format!("The page carries the numbers {first} to {last}.");
        let found = finding(FailureCode::FindingNumberRange, Severity::Note, Some(page.index), message);
        return Some(with_evidence(found, page, &[]));
    }
    let candidates = || page.readings.iter().flat_map(Reading::candidates);
    let refuted = candidates().find(|read| read.last.is_some()).filter(|_| page.standing == Standing::Read)?;
    let message = format!("{} was read, but the numbers do not continue behind it.", describe(refuted));
    let found = finding(FailureCode::FindingNumberDoubtful, Severity::ShouldLook, Some(page.index), message);
    Some(with_evidence(found, page, &[]))
}

/// One finding for each run of pages without a reading.
fn unread(results: &VolumeResults<'_>, volume: &PrintedVolume<'_>) -> Vec<Finding> {
    let is_unread = |page: &PrintedPage<'_>| page.standing == Standing::Unread;
    let runs = volume.pages.chunk_by(|a, b| is_unread(a) == is_unread(b)).filter(|run| is_unread(&run[0]));
    runs.filter(|run| !run.iter().all(|page| page.is_damaged)).map(|run| unread_run(results, volume, run)).collect()
}

fn unread_run(results: &VolumeResults<'_>, volume: &PrintedVolume<'_>, run: &[PrintedPage<'_>]) -> Finding {
    let (first, last) = (&run[0], &run[run.len() - 1]);
    let is_whole = |end: usize, is_named: bool, distance: i64| {
        [0, volume.pages.len() - 1].contains(&end) && is_named && distance == 0
    };
    let (named_first, named_last) = (results.name.first_page(), results.name.last_page());
    let follows = match (volume.reliable_before(first.index), volume.reliable_after(last.index)) {
        (None, None) => None,
        (Some(before), Some(after)) => Some(before.distance(after) == 0),
        (None, Some(after)) => Some(is_whole(first.index, named_first == first.number.first, last.distance(after))),
        (Some(before), None) => Some(is_whole(last.index, named_last == last.number.first, before.distance(first))),
    };
    let severity = match follows {
        None => Severity::MustLook,
        Some(true) => Severity::Note,
        Some(false) => Severity::ShouldLook,
    };
    let message = match (severity, run.len()) {
        (Severity::MustLook, _) => "No printed number was read in the whole volume.".to_owned(),
        (_, 1) => format!("No printed number was read. It should be {}.", describe(first.number)),
        (_, count) => {
            let (first, last) = (describe(first.number), describe(last.number));
            format!("No printed number was read on {count} pages. They should be {first} to {last}.")
        }
    };
    let others: Vec<usize> = run[1..].iter().map(|page| page.index).collect();
    with_evidence(finding(FailureCode::FindingNumberMissing, severity, Some(first.index), message), first, &others)
}

#[cfg(test)]
mod tests;
