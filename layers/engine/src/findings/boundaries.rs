//! Were the boundaries of the opinions found?

use super::{VolumeResults, evidence_box, finding};
use crate::pairing::key_icons;
use domain::{FailureCode, Finding, Severity};

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let unmatched = results.pages.iter().flat_map(|page| key_icons(&[page.page])).filter(|key| {
        !results.opinions.iter().any(|opinion| opinion.key_page == key.page_index && opinion.key_bbox == key.bbox)
    });
    unmatched
        .map(|key| {
            let code = FailureCode::FindingKeyUnmatched;
            let mut found = finding(code, Severity::MustLook, Some(key.page_index), code.meaning());
            found.evidence.boxes = vec![evidence_box(key)];
            found
        })
        .collect()
}
