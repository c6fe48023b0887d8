//! Which boxes are pictures (specification, sections 5 and 6).

use super::key_icons::HUMAN;
use super::opinion::OutsideRect;
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;

/// Overlap from which a picture is text that was taken for one.
const TEXT_OVERLAP: f64 = 0.5;

/// Share of a picture that must lie outside an opinion for it to be a neighbour's.
const OUTSIDE_SHARE: f64 = 0.5;

/// The pictures of a page, in the order of its boxes: IMAGE boxes that do not lie over a box of text.
pub fn pictures(page: &Page) -> impl Iterator<Item = &Detection> {
    page.detections.iter().filter(|found| {
        found.label == Label::Image
            && found.passes_gate()
            && (found.confidence >= HUMAN || !is_text(page, &found.rect()))
    })
}

/// Whether a picture remains on a page once the rectangles outside the opinion are gone.
pub(super) fn remain(page: &Page, outside: &[OutsideRect]) -> bool {
    let (x, y) = page.size.points_per_pixel();
    pictures(page).any(|picture| {
        let rect = picture.rect().scaled(x, y);
        let gone = outside.iter().filter(|gone| gone.page_index == page.index);
        let covered: f64 = gone
            .map(|gone| gone.rect().intersection(&rect).area())
            .sum();
        covered <= OUTSIDE_SHARE * rect.area()
    })
}

fn is_text(page: &Page, rect: &Rect) -> bool {
    let text = page.detections.iter().filter(|found| {
        !matches!(
            found.label,
            Label::Image | Label::TextColumn | Label::KeyIcon | Label::Divider
        )
    });
    text.map(Detection::rect)
        .any(|text| text.intersection_over_union(rect) >= TEXT_OVERLAP)
}
