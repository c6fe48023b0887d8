//! The printed page number is the archive's own reference and is never covered (specification, section 7).

use super::ink::Ink;
use super::plan::Redaction;
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;

/// A page number stands in this share of the height at the top or at the bottom; a box elsewhere is a misreading
/// and must not keep a hole in a headnote open.
const NUMBER_BAND: f64 = 0.15;

/// Cuts every cover around the page's number.
pub(super) fn keep_page_numbers(page: &Page, ink: &Ink, covers: Vec<Redaction>) -> Vec<Redaction> {
    let numbers: Vec<Rect> = page
        .detections
        .iter()
        .filter(|found| is_page_number(page, found))
        .map(|found| {
            let rect = found.rect();
            ink.bounds(&rect).map_or(rect, |bounds| bounds.grown(2.0))
        })
        .collect();
    covers.into_iter().flat_map(|cover| around(cover, &numbers)).collect()
}

fn is_page_number(page: &Page, found: &Detection) -> bool {
    let height = f64::from(page.size.height_pixels);
    let y = found.rect().centre_y();
    found.label == Label::PageNumber && (y < NUMBER_BAND * height || y > (1.0 - NUMBER_BAND) * height)
}

fn around(cover: Redaction, numbers: &[Rect]) -> Vec<Redaction> {
    numbers.iter().fold(vec![cover], |pieces, number| {
        pieces
            .into_iter()
            .flat_map(|piece| {
                let rects = without(&piece.rect, number);
                rects.into_iter().map(move |rect| Redaction { rect: rect.rounded_to_tenths(), ..piece.clone() })
            })
            .collect()
    })
}

/// `rect` less `hole`: up to four pieces, none of which overlap.
pub(super) fn without(rect: &Rect, hole: &Rect) -> Vec<Rect> {
    let hole = hole.intersection(rect);
    if hole.is_empty() {
        return vec![*rect];
    }
    let pieces = [
        Rect::new(rect.x0, rect.y0, rect.x1, hole.y0),
        Rect::new(rect.x0, hole.y1, rect.x1, rect.y1),
        Rect::new(rect.x0, hole.y0, hole.x0, hole.y1),
        Rect::new(hole.x1, hole.y0, rect.x1, hole.y1),
    ];
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = Rect> {
        (0.0..100.0, 0.0..100.0, 0.1..80.0, 0.1..80.0).prop_map(|(x, y, w, h)| Rect::new(x, y, x + w, y + h))
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_rectangle_less_the_hole(rect in rect(), hole in rect()) {
            let pieces = without(&rect, &hole);
            let kept: f64 = pieces.iter().map(Rect::area).sum();
            prop_assert!((kept - (rect.area() - rect.intersection(&hole).area())).abs() < 1e-6);
            prop_assert!(pieces.iter().all(|piece| piece.intersection(&hole).area() < 1e-9 && rect.contains(piece)));
        }
    }
}
