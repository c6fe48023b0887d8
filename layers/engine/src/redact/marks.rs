//! Single boxes that are covered wherever they stand (specification, section 7).

use super::ink::Ink;
use super::plan::{Fill, Redaction};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;

/// A box may miss the rim of what it marks by this much: 4 points.
const RIM: f64 = 11.0;

/// Added around a bracket's box, in pixels: a fifth of a word space.
const BRACKET_SLACK: f64 = 2.0;

/// Strokes fade out over this many pixels.
const SOFT_EDGE: f64 = 2.5;

/// Pixels that the halo of a stroke may reach: the side of the unit in which a colour JPEG is coded.
const HALO: usize = 16;

/// Strokes that fill less of a bracket's box are not all of it: the rest is joined to other text.
const FEWEST_STROKES: f64 = 0.4;

/// Sides of the cover of a case sequence, in pixels.
const SEQUENCE_SIDE: (f64, f64) = (40.0, 60.0);

/// A case sequence is covered 3 points inside its box.
const SEQUENCE_INSET: f64 = 3.0 * 200.0 / 72.0;

/// The covers of the boxes of one page.
pub(super) fn mark_rects(page: &Page, ink: &Ink) -> Vec<Redaction> {
    let keys = crate::pairing::key_icons(&[page]);
    let boxes = page.detections.iter().filter(|found| found.passes_gate());
    let mut covers: Vec<Redaction> = boxes.filter_map(|found| cover(page, found, ink)).collect();
    covers.extend(
        keys.into_iter()
            .map(|key| Redaction::of_label(ink.grown_over_touching(&key.rect(), RIM), Fill::Black, Label::KeyIcon)),
    );
    covers
}

fn cover(page: &Page, found: &Detection, ink: &Ink) -> Option<Redaction> {
    let rect = found.rect();
    let (rect, fill) = match found.label {
        Label::PageHeader => (ink.grown_over_touching(&rect, RIM), Fill::White),
        Label::StateAbbreviation => (rect, Fill::White),
        Label::Divider => (ink.grown_over_touching(&rect, RIM), Fill::Black),
        Label::HeadnoteBracket => (bracket(&rect, ink), Fill::Black),
        Label::Editorial => (tightened(&rect, ink)?, Fill::Black),
        Label::CaseSequence => (case_sequence(page, &rect)?, Fill::Black),
        _ => return None,
    };
    Some(Redaction::of_label(rect, fill, found.label))
}

/// A bracket's cover: its strokes, which its box may cut in half, and the paper above them, where JPEG leaves a halo
/// of the strokes. Below them there is next to no paper: ascenders begin there.
pub(super) fn bracket(rect: &Rect, ink: &Ink) -> Rect {
    let strokes = ink.touching(&rect.grown(BRACKET_SLACK), RIM).map(|bounds| bounds.grown(SOFT_EDGE));
    let strokes = strokes.filter(|strokes| strokes.area() >= FEWEST_STROKES * rect.area()).unwrap_or(*rect);
    ink.extended_upwards(&strokes, HALO)
}

fn tightened(rect: &Rect, ink: &Ink) -> Option<Rect> {
    ink.bounds(rect).map(|bounds| bounds.grown(2.0).intersection(rect))
}

/// A small square about the number's centre, above the caption it belongs to.
fn case_sequence(page: &Page, rect: &Rect) -> Option<Rect> {
    let side = |length: f64| length.clamp(SEQUENCE_SIDE.0, SEQUENCE_SIDE.1) / 2.0 - SEQUENCE_INSET;
    let (half_width, half_height) = (side(rect.width()), side(rect.height()));
    let mut cover = Rect::new(
        rect.centre_x() - half_width,
        rect.centre_y() - half_height,
        rect.centre_x() + half_width,
        rect.centre_y() + half_height,
    );
    let captions = page.detections.iter().filter(|found| found.label == Label::CaseCaption && found.passes_gate());
    for caption in captions.map(Detection::rect).filter(|caption| caption.intersects(rect)) {
        cover.y1 = cover.y1.min(caption.y0);
    }
    (!cover.is_empty()).then_some(cover)
}
