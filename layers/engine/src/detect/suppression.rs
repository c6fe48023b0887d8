//! The model's raw output to boxes: best class, floor, class-wise greedy suppression
//! (specification, section 2).

use super::detector::DetectedBox;
use crate::detection::{DETECTOR_FLOOR, Label};
use crate::geometry::Rect;

/// Boxes of one class that share more than this are one box.
const MAXIMUM_OVERLAP: f64 = 0.7;

/// The floor in the precision of the model's output.
#[expect(clippy::cast_possible_truncation, reason = "a constant of one digit")]
const FLOOR: f32 = DETECTOR_FLOOR as f32;

/// A page has at most this many boxes.
const MAXIMUM_BOXES: usize = 300;

/// Boxes in the pixels of the model's input, by descending confidence. `output` is `[4 + classes, anchors]`:
/// centre x, centre y, width, height, then a probability a class.
pub(super) fn boxes(output: &[f32], anchors: usize) -> Vec<DetectedBox> {
    let mut candidates = candidates(output, anchors);
    candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kept: Vec<DetectedBox> = Vec::new();
    for candidate in candidates {
        if kept.len() == MAXIMUM_BOXES {
            break;
        }
        if !kept.iter().any(|other| is_same(other, &candidate)) {
            kept.push(candidate);
        }
    }
    kept
}

fn is_same(a: &DetectedBox, b: &DetectedBox) -> bool {
    a.label == b.label && a.rect.intersection_over_union(&b.rect) > MAXIMUM_OVERLAP
}

fn candidates(output: &[f32], anchors: usize) -> Vec<DetectedBox> {
    let rows: Vec<&[f32]> = output.chunks_exact(anchors.max(1)).collect();
    let Some((geometry, classes)) = rows.split_at_checked(4) else { return Vec::new() };
    (0..anchors).filter_map(|anchor| candidate(geometry, classes, anchor)).collect()
}

fn candidate(geometry: &[&[f32]], classes: &[&[f32]], anchor: usize) -> Option<DetectedBox> {
    let (class, confidence) = best_class(classes, anchor)?;
    if confidence <= FLOOR {
        return None;
    }
    let [x, y, width, height] = [0, 1, 2, 3].map(|row: usize| f64::from(geometry[row][anchor]));
    let rect = Rect::new(x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0);
    Some(DetectedBox { label: Label::from_id(class)?, confidence: f64::from(confidence), rect })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes; columns are anchors.
    fn output(anchors: &[[f32; 6]]) -> Vec<f32> {
        (0..6).flat_map(|row| anchors.iter().map(move |anchor| anchor[row])).collect()
    }

    #[test]
    fn overlapping_boxes_of_one_class_become_the_surest() {
        let raw = output(&[[10., 10., 8., 8., 0.6, 0.0], [10., 10., 8., 8., 0.9, 0.0], [10., 10., 8., 8., 0.0, 0.7]]);
        let found = boxes(&raw, 3);
        assert_eq!(found.iter().map(|b| b.label).collect::<Vec<_>>(), [Label::KeyIcon, Label::Divider]);
        assert!((found[0].confidence - 0.9).abs() < 1e-6);
    }

    #[test]
    fn nothing_at_the_floor_is_reported() {
        assert!(boxes(&output(&[[10., 10., 8., 8., 0.2, 0.1]]), 1).is_empty());
    }
}
