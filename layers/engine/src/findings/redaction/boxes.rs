//! Boxes that decide what is covered, and those that decide nothing although they should.

use super::super::boundaries::{begins_opinion, of_box};
use super::super::remarks::is_centred_in;
use super::super::{VolumeResults, finding};
use crate::detection::{Detection, Label};
use crate::pairing::Opinion;
use domain::{FailureCode, Finding, Severity};

/// A box below the gate of headnotes may still be one.
const PERHAPS_HEADNOTE: f64 = 0.35;

/// On clean volumes every caption, key icon and divider that decides something has more confidence.
const SURE_CAPTION: f64 = 0.7;
const SURE_KEY: f64 = 0.8;
const SURE_DIVIDER: f64 = 0.6;

pub(super) fn findings(results: &VolumeResults<'_>) -> Vec<Finding> {
    let all = || results.pages.iter().flat_map(|page| &page.page.detections);
    let mut findings: Vec<Finding> = all().filter_map(|found| uncovered(results, found)).collect();
    findings.extend(all().filter(|found| decides(results, found)).filter_map(doubtful));
    findings.extend(results.opinions.iter().filter(|opinion| !has_caption(results, opinion)).map(without_caption));
    findings
}

/// A headnote or a synopsis that no cover hides.
fn uncovered(results: &VolumeResults<'_>, found: &Detection) -> Option<Finding> {
    let is_headnote = found.label == Label::Headnote;
    let is_matter = (is_headnote || found.label == Label::Background) && found.passes_gate();
    let may_be = is_headnote && found.confidence >= PERHAPS_HEADNOTE;
    if !(is_matter || may_be) || is_covered(results, found) {
        return None;
    }
    let code = if is_matter { FailureCode::FindingHeadnoteUncovered } else { FailureCode::FindingBoxDoubtful };
    Some(match (is_headnote, is_matter) {
        (true, true) => of_box(code, Severity::MustLook, found, code.meaning()),
        (false, _) => of_box(code, Severity::MustLook, found, "No cover hides this synopsis."),
        (true, false) => of_box(code, Severity::ShouldLook, found, "This may be a headnote, and no cover hides it."),
    })
}

/// True if a cover hides the middle of the box.
fn is_covered(results: &VolumeResults<'_>, found: &Detection) -> bool {
    let here = results.covers.iter().filter(|covers| covers.page_index == found.page_index);
    here.flat_map(|covers| &covers.rects).any(|cover| is_centred_in(&cover.rect, &found.rect()))
}

/// True if an opinion begins, ends, or goes over from head matter to text at the box.
fn decides(results: &VolumeResults<'_>, found: &Detection) -> bool {
    let inside = |opinion: &Opinion| (opinion.caption_page..=opinion.end_page).contains(&found.page_index);
    match found.label {
        Label::CaseCaption => results.opinions.iter().any(|opinion| begins_opinion(opinion, found)),
        Label::KeyIcon => results.opinions.iter().any(|opinion| super::super::boundaries::is_key_of(opinion, found)),
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
    found.evidence.boxes = vec![domain::EvidenceBox {
        label: opinion.caption_label.name().to_owned(),
        confidence: None,
        bbox: opinion.caption_bbox,
    }];
    found
}
