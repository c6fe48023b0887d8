//! Is the volume complete and in order?

use super::{VolumeResults, finding};
use domain::{FailureCode, Finding, Severity};

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    results.pages.windows(2).filter_map(|pair| gap(pair[0].page, pair[1].page)).collect()
}

/// The printed numbers jump forward between two neighbouring pages.
fn gap(before: &crate::volume::Page, after: &crate::volume::Page) -> Option<Finding> {
    let last = before.number.last.or(before.number.first)?;
    let next = after.number.first?;
    let missing = next.checked_sub(last)?.checked_sub(1).filter(|missing| *missing > 0)?;
    let message = match missing {
        1 => format!("Page {} is missing: {next} follows {last}.", last + 1),
        _ => format!("{missing} pages are missing, {} to {}: {next} follows {last}.", last + 1, next - 1),
    };
    let mut found = finding(FailureCode::FindingPagesMissing, Severity::MustLook, Some(after.index), message);
    found.evidence.neighbours = vec![before.index];
    Some(found)
}
