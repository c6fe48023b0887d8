//! Several models' boxes of a page made one list, as the reference's `api.detect` does
//! (specification, section 2).

use super::detector::{DetectedBox, ModelKind};
use crate::detection::{Detection, FoundBy, Label};
use crate::geometry::{Rect, tenths};

/// Boxes of one label that share more than this are one thing seen twice.
const MERGE_OVERLAP: f64 = 0.3;

/// One model's boxes of a page as they are written, nothing filtered.
#[must_use]
pub fn from_one_model(page_index: usize, page: (u32, u32), boxes: &[DetectedBox]) -> Vec<Detection> {
    let mut detections: Vec<Detection> = boxes.iter().map(|found| detection(page_index, page, found)).collect();
    sort(&mut detections);
    detections
}

/// The boxes of all models merged. Key icons and captions count only from medium: small finds too many of them
/// where there are none.
#[must_use]
pub fn merge_models(page_index: usize, page: (u32, u32), models: &[(ModelKind, Vec<DetectedBox>)]) -> Vec<Detection> {
    let mut votes: Vec<Detection> = Vec::new();
    for (model, boxes) in models {
        for found in boxes.iter().filter(|found| counts(*model, found.label)) {
            votes.push(vote(detection(page_index, page, found), *model));
        }
    }
    sort(&mut votes);
    let mut merged: Vec<Detection> = Vec::new();
    for vote in votes {
        match merged.iter_mut().find(|other| is_same_thing(other, &vote)) {
            Some(other) => absorb(other, vote),
            None => merged.push(vote),
        }
    }
    merged
}

fn counts(model: ModelKind, label: Label) -> bool {
    model == ModelKind::Medium || !matches!(label, Label::KeyIcon | Label::CaseCaption)
}

fn detection(page_index: usize, (img_width, img_height): (u32, u32), found: &DetectedBox) -> Detection {
    let Rect { x0, y0, x1, y1 } = found.rect.rounded_to_tenths();
    Detection {
        page_index,
        label: found.label,
        label_id: found.label.id(),
        confidence: (found.confidence * 1000.0).round() / 1000.0,
        bbox: [x0, y0, x1, y1].map(tenths),
        page_number: None,
        page_number_end: None,
        img_width,
        img_height,
        found_by: Vec::new(),
        model_count: None,
    }
}

fn vote(mut detection: Detection, model: ModelKind) -> Detection {
    detection.found_by = vec![FoundBy { model: model.name().to_owned(), confidence: detection.confidence }];
    detection.model_count = Some(1);
    detection
}

fn sort(detections: &mut [Detection]) {
    detections
        .sort_by(|a, b| (a.page_index, a.label).cmp(&(b.page_index, b.label)).then(a.bbox[1].total_cmp(&b.bbox[1])));
}

fn is_same_thing(a: &Detection, b: &Detection) -> bool {
    let (rect, other) = (a.rect(), b.rect());
    a.label == b.label
        && (rect.intersection_over_union(&other) > MERGE_OVERLAP || rect.contains(&other) || other.contains(&rect))
}

/// The survivor's box is the surest one's; a case sequence is best boxed tightly, so there the smallest wins.
fn absorb(survivor: &mut Detection, vote: Detection) {
    let replaces = if vote.label == Label::CaseSequence {
        vote.rect().area() < survivor.rect().area()
    } else {
        vote.confidence > survivor.confidence
    };
    let mut found_by = std::mem::take(&mut survivor.found_by);
    for voter in vote.found_by.clone() {
        match found_by.iter_mut().find(|known| known.model == voter.model) {
            Some(known) => known.confidence = known.confidence.max(voter.confidence),
            None => found_by.push(voter),
        }
    }
    if replaces {
        *survivor = vote;
    }
    survivor.model_count = Some(found_by.len());
    survivor.found_by = found_by;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(label: Label, confidence: f64, x0: f64) -> DetectedBox {
        DetectedBox { label, confidence, rect: Rect::new(x0, 10.0, x0 + 50.0, 60.0) }
    }

    #[test]
    fn the_surest_box_survives_and_both_models_are_named() {
        let merged = merge_models(
            0,
            (100, 100),
            &[
                (ModelKind::Small, vec![found(Label::Headnote, 0.6, 10.0)]),
                (ModelKind::Medium, vec![found(Label::Headnote, 0.8, 12.0)]),
            ],
        );
        assert_eq!(merged.len(), 1);
        assert_eq!((merged[0].bbox[0], merged[0].confidence, merged[0].model_count), (12.0, 0.8, Some(2)));
    }

    #[test]
    fn captions_of_small_alone_do_not_count() {
        let boxes = vec![found(Label::CaseCaption, 0.9, 10.0), found(Label::Divider, 0.9, 10.0)];
        let merged = merge_models(0, (100, 100), &[(ModelKind::Small, boxes.clone())]);
        assert_eq!(merged.iter().map(|d| d.label).collect::<Vec<_>>(), [Label::Divider]);
        assert_eq!(from_one_model(0, (100, 100), &boxes).len(), 2);
    }
}
