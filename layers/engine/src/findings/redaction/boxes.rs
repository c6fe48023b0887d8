//! Boxes that decide what is covered, and those that decide nothing although they should.

use super::super::boundaries::{begins_opinion, is_key_of, of_box};
use super::super::{PageResults, VolumeResults, evidence_box, finding, place_box};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::pairing::Opinion;
use domain::{FailureCode, Finding, Severity};

/// A box below the gate of headnotes or brackets may still be one.
const PERHAPS: f64 = 0.35;

/// On clean volumes every caption, key icon and divider that decides something has more confidence.
const SURE_CAPTION: f64 = 0.7;
const SURE_KEY: f64 = 0.8;
const SURE_DIVIDER: f64 = 0.6;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = results.pages.iter().filter_map(|page| uncovered(results, page)).collect();
    findings.extend(results.pages.iter().flat_map(|page| perhaps_uncovered(results, page)));
    let all = results.pages.iter().flat_map(|page| &page.page.detections);
    findings.extend(all.filter(|found| decides(results, found)).filter_map(doubtful));
    findings.extend(results.opinions.iter().filter(|opinion| !has_caption(results, opinion)).map(without_caption));
    findings
}

/// The headnotes and the synopsis on a page that no cover hides, as one finding.
fn uncovered(results: &VolumeResults<'_>, page: &PageResults<'_>) -> Option<Finding> {
    let is_matter =
        |found: &&Detection| matches!(found.label, Label::Headnote | Label::Background) && found.passes_gate();
    let open: Vec<&Detection> =
        page.page.detections.iter().filter(is_matter).filter(|found| !is_covered(results, found)).collect();
    let message = match open[..] {
        [] => return None,
        [one] if one.label == Label::Background => "No cover hides this synopsis.".to_owned(),
        [_] => FailureCode::FindingHeadnoteUncovered.meaning().to_owned(),
        _ => format!("No cover hides {} parts of the head matter.", open.len()),
    };
    let mut found = finding(FailureCode::FindingHeadnoteUncovered, Severity::MustLook, Some(page.page.index), message);
    found.evidence.boxes = open.into_iter().map(evidence_box).collect();
    Some(found)
}

fn perhaps_uncovered(results: &VolumeResults<'_>, page: &PageResults<'_>) -> Vec<Finding> {
    let may_be = |found: &&Detection| {
        matches!(found.label, Label::Headnote | Label::HeadnoteBracket)
            && found.confidence >= PERHAPS
            && !found.passes_gate()
    };
    let open = page.page.detections.iter().filter(may_be).filter(|found| !is_covered(results, found));
    let message = |found: &Detection| match found.label {
        Label::Headnote => "This may be a headnote, and no cover hides it.",
        _ => "This may be the bracket of a headnote, and no cover hides it.",
    };
    open.map(|found| of_box(FailureCode::FindingBoxDoubtful, Severity::ShouldLook, found, message(found))).collect()
}

/// True if a cover hides the middle of the box.
fn is_covered(results: &VolumeResults<'_>, found: &Detection) -> bool {
    let here = results.covers.iter().filter(|covers| covers.page_index == found.page_index);
    here.flat_map(|covers| &covers.rects).any(|cover| cover.rect.holds_centre_of(&found.rect()))
}

/// True if an opinion begins, ends, or goes over from head matter to text at the box.
fn decides(results: &VolumeResults<'_>, found: &Detection) -> bool {
    let inside = |opinion: &Opinion| (opinion.caption_page..=opinion.end_page).contains(&found.page_index);
    match found.label {
        Label::CaseCaption => results.opinions.iter().any(|opinion| begins_opinion(opinion, found)),
        Label::KeyIcon => results.opinions.iter().any(|opinion| is_key_of(opinion, found)),
        Label::Divider => found.passes_gate() && results.opinions.iter().any(inside),
        _ => false,
    }
}

fn doubtful(found: &Detection) -> Option<Finding> {
    let (sure, what) = match found.label {
        Label::CaseCaption => (SURE_CAPTION, "an opinion begins"),
        Label::KeyIcon => (SURE_KEY, "an opinion ends"),
        _ => (SURE_DIVIDER, "head matter ends"),
    };
    if found.confidence < sure {
        let message = format!("It is not certain that {what} at this box.");
        return Some(of_box(FailureCode::FindingBoxDoubtful, Severity::ShouldLook, found, &message));
    }
    let is_small_alone = matches!(&found.found_by[..], [only] if only.model == "small");
    (is_small_alone && found.label != Label::Divider).then(|| {
        let message = format!("Only the small model found that {what} at this box.");
        of_box(FailureCode::FindingBoxOfOneModel, Severity::ShouldLook, found, &message)
    })
}

/// True if the opinion begins at a caption and not below the key icon before it.
fn has_caption(results: &VolumeResults<'_>, opinion: &Opinion) -> bool {
    let here = results.pages.iter().filter(|page| page.page.index == opinion.caption_page);
    here.flat_map(|page| &page.page.detections).any(|found| begins_opinion(opinion, found))
}

fn without_caption(opinion: &Opinion) -> Finding {
    let message = "The caption of the opinion is uncertain, so the opinion begins right after the one before it.";
    let mut found = finding(FailureCode::FindingBoxDoubtful, Severity::ShouldLook, Some(opinion.caption_page), message);
    found.evidence.boxes = vec![place_box(opinion.caption_label.name(), &Rect::from(opinion.caption_bbox))];
    found
}
