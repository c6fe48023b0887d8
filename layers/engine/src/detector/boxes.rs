//! From the raw output of the models to one list of boxes, as the reference does it (docs/reference-behaviour.md,
//! "Letterbox and suppression").

use crate::detection::{DETECTOR_FLOOR, Detection, FoundBy, Label};
use crate::geometry::{Rect, tenths};

/// A box that a model found, in pixels at 200 dpi.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectedBox {
    pub label: Label,
    /// 0 to 1.
    pub confidence: f64,
    pub rect: Rect,
}

/// One of the reference's models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// Knows 14 classes.
    Small,
    /// Knows 17 classes, including text columns.
    Medium,
}

impl ModelKind {
    /// Its name in the installation and in `detections.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
        }
    }
}

/// Of two boxes of one class whose intersection over union is larger, suppression drops the less confident one.
const MAXIMUM_OVERLAP: f64 = 0.7;

/// The floor in the precision of the model output.
#[expect(clippy::cast_possible_truncation, reason = "a constant of one digit")]
const FLOOR: f32 = DETECTOR_FLOOR as f32;

/// Most boxes that one model reports on a page.
const MAXIMUM_BOXES: usize = 300;

/// The boxes in input pixels, by descending confidence: the best class of each anchor, above the floor, after greedy
/// suppression per label. `output` is `[4 + classes, anchors]`: centre x, centre y, width, height, then one probability
/// per class. `labels` has the label of each class.
pub(super) fn suppressed(output: &[f32], anchors: usize, labels: &[Label]) -> Vec<DetectedBox> {
    let mut candidates = candidates(output, anchors, labels);
    candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kept: Vec<DetectedBox> = Vec::new();
    for candidate in candidates {
        if kept.len() == MAXIMUM_BOXES {
            break;
        }
        if !kept.iter().any(|other| is_duplicate(other, &candidate)) {
            kept.push(candidate);
        }
    }
    kept
}

fn is_duplicate(a: &DetectedBox, b: &DetectedBox) -> bool {
    a.label == b.label && a.rect.intersection_over_union(&b.rect) > MAXIMUM_OVERLAP
}

fn candidates(output: &[f32], anchors: usize, labels: &[Label]) -> Vec<DetectedBox> {
    let rows: Vec<&[f32]> = output.chunks_exact(anchors.max(1)).collect();
    let Some((geometry, classes)) = rows.split_at_checked(4) else { return Vec::new() };
    (0..anchors).filter_map(|anchor| candidate(geometry, classes, anchor, labels)).collect()
}

fn candidate(geometry: &[&[f32]], classes: &[&[f32]], anchor: usize, labels: &[Label]) -> Option<DetectedBox> {
    let (class, confidence) = best_class(classes, anchor)?;
    if confidence <= FLOOR {
        return None;
    }
    let [x, y, width, height] = [0, 1, 2, 3].map(|row: usize| f64::from(geometry[row][anchor]));
    let rect = Rect::new(x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0);
    Some(DetectedBox { label: *labels.get(class)?, confidence: f64::from(confidence), rect })
}

fn best_class(classes: &[&[f32]], anchor: usize) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (class, row) in classes.iter().enumerate() {
        if best.is_none_or(|(_, confidence)| row[anchor] > confidence) {
            best = Some((class, row[anchor]));
        }
    }
    best
}

/// The boxes of a bl-warm model, which draws one box around both columns: each becomes two, split at its middle.
pub(super) fn halved_columns(boxes: Vec<DetectedBox>) -> Vec<DetectedBox> {
    let halves = |found: DetectedBox| {
        let (Rect { x0, y0, x1, y1 }, middle) = (found.rect, found.rect.centre_x());
        let half = |x0, x1| DetectedBox { rect: Rect::new(x0, y0, x1, y1), ..found.clone() };
        if found.label == Label::TextColumn { vec![half(x0, middle), half(middle, x1)] } else { vec![found] }
    };
    boxes.into_iter().flat_map(halves).collect()
}

/// Two boxes of one label whose intersection over union is larger are the same object, found by two models.
const MERGE_OVERLAP: f64 = 0.3;

/// The boxes of a single model, unfiltered.
pub(super) fn from_one_model(page_index: usize, page: (u32, u32), boxes: &[DetectedBox]) -> Vec<Detection> {
    let mut detections: Vec<Detection> = boxes.iter().map(|found| detection(page_index, page, found)).collect();
    sort(&mut detections);
    detections
}

/// Merges the boxes of several models. Key icons and captions count only if the medium model found them: the small one
/// finds too many false ones.
pub(super) fn merge_models(
    page_index: usize,
    page: (u32, u32),
    models: &[(ModelKind, Vec<DetectedBox>)],
) -> Vec<Detection> {
    let mut votes: Vec<Detection> = Vec::new();
    for (model, boxes) in models {
        for found in boxes.iter().filter(|found| counts(*model, found.label)) {
            votes.push(vote(detection(page_index, page, found), *model));
        }
    }
    sort(&mut votes);
    let mut merged: Vec<Detection> = Vec::new();
    for vote in votes {
        match merged.iter_mut().find(|other| is_same_object(other, &vote)) {
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

fn is_same_object(a: &Detection, b: &Detection) -> bool {
    let (rect, other) = (a.rect(), b.rect());
    a.label == b.label
        && (rect.intersection_over_union(&other) > MERGE_OVERLAP || rect.contains(&other) || other.contains(&rect))
}

/// Merges a box into an earlier one. The more confident box wins, except for a case sequence: there the smaller one
/// wins, because it should be boxed tightly.
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

    const CLASSES: [Label; 2] = [Label::KeyIcon, Label::Divider];

    /// Two classes; columns are anchors.
    fn output(anchors: &[[f32; 6]]) -> Vec<f32> {
        (0..6).flat_map(|row| anchors.iter().map(move |anchor| anchor[row])).collect()
    }

    #[test]
    fn overlapping_boxes_of_one_class_become_the_surest() {
        let raw = output(&[[10., 10., 8., 8., 0.6, 0.0], [10., 10., 8., 8., 0.9, 0.0], [10., 10., 8., 8., 0.0, 0.7]]);
        let found = suppressed(&raw, 3, &CLASSES);
        assert_eq!(found.iter().map(|b| b.label).collect::<Vec<_>>(), [Label::KeyIcon, Label::Divider]);
        assert!((found[0].confidence - 0.9).abs() < 1e-6);
    }

    #[test]
    fn nothing_at_the_floor_is_reported() {
        assert!(suppressed(&output(&[[10., 10., 8., 8., 0.2, 0.1]]), 1, &CLASSES).is_empty());
    }

    fn found(label: Label, confidence: f64, x0: f64) -> DetectedBox {
        DetectedBox { label, confidence, rect: Rect::new(x0, 10.0, x0 + 50.0, 60.0) }
    }

    #[test]
    fn a_box_around_both_columns_becomes_two() {
        let boxes = vec![found(Label::TextColumn, 0.9, 10.0), found(Label::Headnote, 0.9, 10.0)];
        let halved = halved_columns(boxes);
        let sides: Vec<_> = halved.iter().map(|found| (found.label, found.rect.x0, found.rect.x1)).collect();
        let column = Label::TextColumn;
        assert_eq!(sides, [(column, 10.0, 35.0), (column, 35.0, 60.0), (Label::Headnote, 10.0, 60.0)]);
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
