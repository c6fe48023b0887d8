//! What decided a finding about printed numbers.

use super::printed::PrintedPage;
use crate::detection::Label;
use crate::volume::PageNumber;
use domain::{EvidenceBox, Finding};

/// Most readings that are quoted.
const MOST_READINGS: usize = 4;

/// Adds what was read on the page, where, and the other pages.
pub(super) fn with_evidence(mut finding: Finding, page: &PrintedPage<'_>, neighbours: &[usize]) -> Finding {
    let mut readings = page.readings.to_vec();
    readings.dedup_by(|a, b| a.text == b.text);
    readings.truncate(MOST_READINGS);
    let mut boxes: Vec<[f64; 4]> = readings.iter().map(|reading| reading.bbox).collect();
    boxes.dedup();
    finding.evidence.boxes = boxes.into_iter().map(|bbox| number_box(page, bbox)).collect();
    finding.evidence.readings = readings.into_iter().map(|reading| reading.text).collect();
    finding.evidence.neighbours = neighbours.to_vec();
    finding
}

fn number_box(page: &PrintedPage<'_>, bbox: [f64; 4]) -> EvidenceBox {
    let confidence = page.detections.iter().find(|found| found.bbox == bbox).map(|found| found.confidence);
    EvidenceBox { label: Label::PageNumber.name().to_owned(), confidence, bbox }
}

/// Such as `204` or `204-205`.
pub(super) fn describe(number: PageNumber) -> String {
    match (number.first, number.last) {
        (Some(first), Some(last)) => format!("{first}-{last}"),
        (Some(first), None) => first.to_string(),
        _ => "unknown".to_owned(),
    }
}
