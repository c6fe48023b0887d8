//! Which boxes are pictures (specification, sections 5 and 6).

use super::key_icons::HUMAN;
use super::opinion::OutsideRect;
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;
use std::collections::HashMap;
use std::ops::RangeInclusive;

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

/// The pictures of a volume, in points, by page. Found once, because many opinions may share a page.
pub(super) struct Pictures {
    by_page: HashMap<usize, Vec<Rect>>,
}

impl Pictures {
    pub(super) fn of(pages: &[&Page]) -> Self {
        let in_points = |page: &&Page| {
            let (x, y) = page.size.points_per_pixel();
            (page.index, pictures(page).map(|picture| picture.rect().scaled(x, y)).collect())
        };
        Self { by_page: pages.iter().map(in_points).collect() }
    }

    /// Whether a picture remains on these pages once the rectangles outside the opinion are gone.
    pub(super) fn remain(&self, pages: RangeInclusive<usize>, outside: &[OutsideRect]) -> bool {
        let mut on_pages = pages.filter_map(|index| Some((index, self.by_page.get(&index)?)));
        on_pages.any(|(index, pictures)| pictures.iter().any(|picture| remains(picture, index, outside)))
    }
}

fn remains(picture: &Rect, page: usize, outside: &[OutsideRect]) -> bool {
    let gone = outside.iter().filter(|gone| gone.page_index == page);
    let covered: f64 = gone.map(|gone| gone.rect().intersection(picture).area()).sum();
    covered <= OUTSIDE_SHARE * picture.area()
}

fn is_text(page: &Page, rect: &Rect) -> bool {
    let text = page
        .detections
        .iter()
        .filter(|found| !matches!(found.label, Label::Image | Label::TextColumn | Label::KeyIcon | Label::Divider));
    text.map(Detection::rect).any(|text| text.intersection_over_union(rect) >= TEXT_OVERLAP)
}
