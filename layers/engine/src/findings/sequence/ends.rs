//! Does the volume begin and end with the numbers that its name gives, and has it as many pages?

use super::evidence::{describe, with_evidence};
use super::printed::{FAR, PrintedPage, PrintedVolume, Standing, first, last};
use crate::findings::finding;
use domain::{FailureCode, Finding, Severity, VolumeName};

/// Most numbers are far from those that the name gives: the file has the wrong name, or the wrong contents.
pub(super) fn other_volume(name: &VolumeName, volume: &PrintedVolume<'_>) -> Option<Finding> {
    let pages = i64::try_from(volume.pages.len()).unwrap_or(i64::MAX);
    let low = i64::from(name.first_page()?);
    let high = name.last_page().map_or(low.saturating_add(2 * pages), i64::from);
    let fits = |page: &&PrintedPage<'_>| {
        last(page.number) >= low.saturating_sub(FAR) && first(page.number) <= high.saturating_add(FAR)
    };
    let (read, fitting) = (volume.read().count(), volume.read().filter(fits).count());
    if read < 2 || 2 * fitting >= read {
        return None;
    }
    let (begin, end) = (volume.read().next()?, volume.read().next_back()?);
    let (printed, named) = (format!("{} to {}", describe(begin.number), describe(end.number)), low);
    let message = format!("The pages carry the numbers {printed}, but the volume should begin with {named}.");
    Some(with_evidence(finding(FailureCode::FindingWrongVolume, Severity::MustLook, None, message), begin, &[]))
}

/// The first and the last number, as far as the name gives them.
pub(super) fn first_and_last(name: &VolumeName, volume: &PrintedVolume<'_>) -> Vec<Finding> {
    [first_number(name, volume), last_number(name, volume)].into_iter().flatten().collect()
}

/// Pages without a number may come before the first one, and may or may not count.
fn first_number(name: &VolumeName, volume: &PrintedVolume<'_>) -> Option<Finding> {
    let named = i64::from(name.first_page()?);
    let page = volume.pages.iter().find(|page| page.standing == Standing::Read)?;
    let begin = first(page.number).saturating_sub(i64::try_from(page.index).unwrap_or(i64::MAX));
    let at = volume.pages.first()?;
    if [begin, first(page.number), last(page.number), first(at.carried())].contains(&named) {
        return None;
    }
    let message = format!("The first page carries {begin}, but the name of the volume says {named}.");
    let found = finding(FailureCode::FindingFirstNumber, Severity::MustLook, Some(at.index), message);
    Some(with_evidence(found, page, &others(at, page)))
}

fn last_number(name: &VolumeName, volume: &PrintedVolume<'_>) -> Option<Finding> {
    let named = i64::from(name.last_page()?);
    let page = volume.read().next_back()?;
    let at = volume.pages.last()?;
    let behind = i64::try_from(at.index - page.index).unwrap_or(i64::MAX);
    let end = last(page.number).saturating_add(behind);
    // The decided numbers may not follow a jump right before the end, which is told as such.
    if [end, first(page.number), last(page.number), last(at.carried())].contains(&named) {
        return None;
    }
    let message = format!("The last page carries {end}, but the name of the volume says {named}.");
    let found = finding(FailureCode::FindingLastNumber, Severity::MustLook, Some(at.index), message);
    Some(with_evidence(found, page, &others(at, page)))
}

fn others(at: &PrintedPage<'_>, page: &PrintedPage<'_>) -> Vec<usize> {
    if at.index == page.index { Vec::new() } else { vec![page.index] }
}

/// The count of the pages, unless another finding explains it. Pages without a number at either end may not count.
pub(super) fn page_count(name: &VolumeName, volume: &PrintedVolume<'_>, told: &[Finding]) -> Option<Finding> {
    let expected = i64::from(name.last_page()?) - i64::from(name.first_page()?) + 1;
    let numbers = |pages: &[PrintedPage<'_>]| -> i64 {
        pages.iter().map(|page| last(page.number).saturating_sub(first(page.number)) + 1).sum()
    };
    let has_reading = |page: &PrintedPage<'_>| page.standing != Standing::Unread;
    let begin = volume.pages.iter().position(has_reading).unwrap_or(0);
    let end = volume.pages.iter().rposition(has_reading).map_or(0, |end| end + 1);
    let (least, most) = (numbers(&volume.pages[begin..end]), numbers(&volume.pages));
    if (least..=most).contains(&expected) || told.iter().any(|finding| finding.severity == Severity::MustLook) {
        return None;
    }
    let message = format!("The name of the volume says {expected} pages, but there are {most}.");
    Some(finding(FailureCode::FindingPageCount, Severity::MustLook, None, message))
}
