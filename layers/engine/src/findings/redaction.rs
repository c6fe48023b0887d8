//! Is exactly the right matter covered?

use super::{VolumeResults, evidence_box, finding};
use crate::detection::{Detection, Label};
use domain::{FailureCode, Finding, Severity};

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let headnotes = results.pages.iter().flat_map(|page| &page.page.detections);
    let headnotes = headnotes.filter(|found| found.label == Label::Headnote && found.passes_gate());
    headnotes.filter(|found| !is_covered(results, found)).map(uncovered_headnote).collect()
}

/// True if a cover hides the middle of the box.
fn is_covered(results: &VolumeResults<'_>, found: &Detection) -> bool {
    let (x, y) = (found.rect().centre_x(), found.rect().centre_y());
    let here = results.covers.iter().filter(|covers| covers.page_index == found.page_index);
    here.flat_map(|covers| &covers.rects)
        .any(|cover| (cover.rect.x0..=cover.rect.x1).contains(&x) && (cover.rect.y0..=cover.rect.y1).contains(&y))
}

fn uncovered_headnote(found: &Detection) -> Finding {
    let code = FailureCode::FindingHeadnoteUncovered;
    let mut uncovered = finding(code, Severity::MustLook, Some(found.page_index), code.meaning());
    uncovered.evidence.boxes = vec![evidence_box(found)];
    uncovered
}
