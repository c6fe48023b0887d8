//! Cuts the footnotes out of a page, for a file of their own. See docs/reference-behaviour.md, "Outputs".

use crate::detection::{Detection, Label};
use crate::geometry::{PageSize, Rect};
use crate::redact::{Ink, column_of};
use crate::text::Line;
use crate::volume::Page;

/// Two boxes that overlap more are the same footnotes.
const SAME: f64 = 0.3;

/// The paper around the ink of a piece: 4 points, in pixels at 200 dpi.
const PAPER: f64 = 11.0;

/// The shortest side of a piece, in pixels at 200 dpi. Anything smaller is dirt.
const SHORTEST_SIDE: f64 = 6.0;

/// The pieces of a page that hold footnotes, in reading order and in pixels at 200 dpi. Footnotes that run across both
/// columns are two pieces: the left half is read first.
pub(crate) fn footnote_pieces(page: &Page, ink: &Ink) -> Vec<Rect> {
    let halves = distinct_boxes(page).into_iter().flat_map(|rect| halves(page, rect));
    let mut pieces: Vec<Rect> = halves.filter_map(|half| tightened(&half, ink)).collect();
    let order = |rect: &Rect| (column_of(page, rect.centre_x()), rect.y0);
    pieces.sort_by(|a, b| order(a).partial_cmp(&order(b)).unwrap_or(std::cmp::Ordering::Equal));
    pieces
}

/// The boxes of footnotes. Of boxes that overlap, the most confident one.
fn distinct_boxes(page: &Page) -> Vec<Rect> {
    let mut boxes: Vec<&Detection> =
        page.detections.iter().filter(|found| found.label == Label::Footnotes && found.passes_gate()).collect();
    boxes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut distinct: Vec<Rect> = Vec::new();
    for rect in boxes.into_iter().map(Detection::rect) {
        if distinct.iter().all(|other| other.intersection_over_union(&rect) <= SAME) {
            distinct.push(rect);
        }
    }
    distinct
}

fn halves(page: &Page, rect: Rect) -> Vec<Rect> {
    let middle = page.middle();
    if rect.x0 < middle && middle < rect.x1 {
        vec![Rect { x1: middle, ..rect }, Rect { x0: middle, ..rect }]
    } else {
        vec![rect]
    }
}

fn tightened(rect: &Rect, ink: &Ink) -> Option<Rect> {
    let tight = ink.bounds(rect)?.grown(PAPER).intersection(rect);
    (tight.width() >= SHORTEST_SIDE && tight.height() >= SHORTEST_SIDE).then_some(tight)
}

/// The size of a page that shows only this piece.
pub(crate) fn piece_size(page: &PageSize, piece: &Rect) -> PageSize {
    let (x, y) = page.points_per_pixel();
    let pixels = |length: f64| (length.ceil() as u32).max(1);
    PageSize {
        width_points: piece.width() * x,
        height_points: piece.height() * y,
        width_pixels: pixels(piece.width()),
        height_pixels: pixels(piece.height()),
    }
}

/// The words of a piece, in pixels from its upper left corner.
pub(crate) fn piece_lines(lines: &[Line], piece: &Rect) -> Vec<Line> {
    let inside = lines.iter().filter_map(|line| {
        let mut line = line.clone();
        line.words.retain(|word| piece.holds_centre_of(&word.rect));
        (!line.words.is_empty()).then(|| line.moved(-piece.x0, -piece.y0))
    });
    inside.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::{ColumnBounds, PageNumber};

    fn page(boxes: &[(Rect, f64)]) -> Page {
        let size = PageSize { width_points: 72.0, height_points: 72.0, width_pixels: 200, height_pixels: 200 };
        let detection = |(rect, confidence): &(Rect, f64)| Detection {
            page_index: 0,
            label: Label::Footnotes,
            label_id: Label::Footnotes.id(),
            confidence: *confidence,
            bbox: rect.edges(),
            page_number: None,
            page_number_end: None,
            img_width: 200,
            img_height: 200,
            found_by: Vec::new(),
            model_count: None,
        };
        let detections = boxes.iter().map(detection).collect();
        Page { index: 0, size, columns: ColumnBounds::default(), number: PageNumber::default(), detections }
    }

    /// Ink everywhere but in the gutter.
    fn ink() -> Ink {
        let grey: Vec<u8> = (0..200 * 200).map(|i| if (90..110).contains(&(i % 200)) { 255 } else { 0 }).collect();
        Ink::new(200, 200, &grey)
    }

    #[test]
    fn footnotes_across_both_columns_are_read_column_by_column() {
        let wide = Rect::new(10.0, 150.0, 190.0, 190.0);
        let pieces = footnote_pieces(&page(&[(wide, 0.9)]), &ink());
        assert_eq!(pieces, [Rect::new(10.0, 150.0, 100.0, 190.0), Rect::new(100.0, 150.0, 190.0, 190.0)]);
    }

    #[test]
    fn the_left_column_is_read_first_and_a_box_found_twice_counts_once() {
        let (left, right) = (Rect::new(10.0, 160.0, 80.0, 190.0), Rect::new(120.0, 140.0, 190.0, 190.0));
        let twice = Rect::new(12.0, 161.0, 80.0, 190.0);
        let pieces = footnote_pieces(&page(&[(right, 0.9), (twice, 0.5), (left, 0.8)]), &ink());
        assert_eq!(pieces, [left, right]);
    }
}
