//! Can every page be used?

use super::{VolumeResults, finding};
use domain::{FailureCode, Finding, Severity};

/// With a smaller share of ink, a page is blank.
const BLANK: f64 = 0.0005;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let is_blank = |page: &&super::PageResults<'_>| !page.is_damaged && page.measures.ink < BLANK;
    let message = FailureCode::FindingPageBlank.meaning();
    let blank = |page: &super::PageResults<'_>| {
        finding(FailureCode::FindingPageBlank, Severity::ShouldLook, Some(page.page.index), message)
    };
    results.pages.iter().filter(is_blank).map(blank).collect()
}
