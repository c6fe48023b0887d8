//! An opinion as `opinions.json` holds it (specification, section 11).
//! Which boxes are pictures (specification, sections 5 and 6).

use super::key_icons::HUMAN;
use super::page_body::{OutsideRect, outside_rects};
use super::reading_order::ReadingOrder;
use super::spans::{self, Span};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::Page;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// One opinion: an entry of `opinions.json`, fields in the file's order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// Page on which it begins, from 0.
    pub caption_page: usize,
    /// Label of the box that begins it.
    pub caption_label: Label,
    /// `[x1, y1, x2, y2]` of the box that begins it, in pixels at 200 dpi. A strip one pixel high below the key
    /// before it when its caption was too uncertain to be trusted with the place.
    pub caption_bbox: [f64; 4],
    /// Page of the key icon that ends it, from 0.
    pub key_page: usize,
    /// Label of the box that ends it.
    pub key_label: Label,
    /// `[x1, y1, x2, y2]` of the box that ends it, in pixels at 200 dpi.
    pub key_bbox: [f64; 4],
    /// How many pages it touches.
    pub page_count: usize,
    /// What on its first and last page belongs to the neighbours, in points.
    pub outside_rects: Vec<OutsideRect>,
    /// Whether a picture remains in it.
    pub has_image: bool,
    /// Page on which it ends, from 0.
    pub end_page: usize,
    /// Number printed on its first page; the last one where the page carries a range.
    pub first_page_number: u32,
    /// Number printed on its last page; the first one where the page carries a range.
    pub last_page_number: u32,
}

/// The opinions of a volume in reading order. The order of `pages`, and of the boxes in them, does not matter.
///
/// `first_page` numbers the pages that carry no number of their own: index + `first_page`.
#[must_use]
pub fn pair(pages: &[Page], first_page: u32) -> Vec<Opinion> {
    let mut pages: Vec<&Page> = pages.iter().collect();
    pages.sort_by_key(|page| page.index);
    let order = ReadingOrder::of(&pages);
    let pictures = Pictures::of(&pages);
    let spans = spans::find(&pages, &order);
    spans.iter().map(|span| opinion(span, &pages, &pictures, first_page)).collect()
}

fn opinion(span: &Span<'_>, pages: &[&Page], pictures: &Pictures, first_page: u32) -> Opinion {
    let (start, end) = (span.start_page(), span.key.page_index);
    let inside = spans::between(pages, start, end);
    let (first_page_number, last_page_number) = numbers(inside, span, first_page);
    let outside_rects: Vec<OutsideRect> = inside.iter().flat_map(|page| outside_rects(page, span)).collect();
    Opinion {
        caption_page: start,
        caption_label: span.start_label(),
        caption_bbox: span.start_bbox(),
        key_page: end,
        key_label: span.key.label,
        key_bbox: span.key.bbox,
        page_count: end - start + 1,
        has_image: pictures.remain(start..=end, &outside_rects),
        outside_rects,
        end_page: end,
        first_page_number,
        last_page_number,
    }
}

/// First and last number of an opinion. It begins behind the numbers of its first page and ends before those of
/// its last, where these are ranges; on a single page, which would give them the wrong way round, it has both.
fn numbers(pages: &[&Page], span: &Span<'_>, first_page: u32) -> (u32, u32) {
    let (start, end) = (span.start_page(), span.key.page_index);
    let (before, first) = printed(pages, start, first_page);
    let (last, after) = printed(pages, end, first_page);
    if start == end { (before, after) } else { (first, last) }
}

/// First and last number printed on a page; index + `first_page` where none is.
fn printed(pages: &[&Page], index: usize, first_page: u32) -> (u32, u32) {
    let page = pages.iter().find(|page| page.index == index);
    let number = page.map(|page| page.number).unwrap_or_default();
    let first = number.first.unwrap_or_else(|| number_from_index(index, first_page));
    (first, number.last.unwrap_or(first))
}

/// The number expected on a page from its index alone.
pub(super) fn number_from_index(index: usize, first_page: u32) -> u32 {
    first_page.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
}

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
