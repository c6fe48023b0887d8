//! Builds the opinions of a volume, as `opinions.json` holds them. See docs/reference-behaviour.md, "Pairing" and
//! "Outputs".

use super::key_icons::HUMAN;
use super::page_body::{OutsideRect, outside_rects};
use super::reading_order::ReadingOrder;
use super::spans::{self, Span};
use crate::detection::{Detection, Label};
use crate::geometry::Rect;
use crate::volume::{Page, expected_number};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// One opinion: an entry of `opinions.json`. The fields are in the file's order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// The page on which it begins, from 0.
    pub caption_page: usize,
    pub caption_label: Label,
    /// `[x1, y1, x2, y2]` of the box that begins it, in pixels at 200 dpi. If its caption is uncertain, this is a
    /// strip one pixel high below the key before it.
    pub caption_bbox: [f64; 4],
    /// The page of the key icon that ends it, from 0.
    pub key_page: usize,
    pub key_label: Label,
    /// `[x1, y1, x2, y2]` of the box that ends it, in pixels at 200 dpi.
    pub key_bbox: [f64; 4],
    /// The number of pages it touches.
    pub page_count: usize,
    /// The parts of its first and last page that belong to its neighbours, in points.
    pub outside_rects: Vec<OutsideRect>,
    /// True when a picture remains after the outside rectangles are removed.
    pub has_image: bool,
    /// The page on which it ends, from 0.
    pub end_page: usize,
    /// The number printed on its first page. Of a range, the last number.
    pub first_page_number: u32,
    /// The number printed on its last page. Of a range, the first number.
    pub last_page_number: u32,
}

/// Pairs the boxes of a volume into opinions, in reading order. The order of `pages`, and of the boxes in them, does
/// not matter.
///
/// A page without a printed number gets index + `first_page`.
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

/// First and last number of an opinion. If a page carries a range of numbers, the opinion begins at the last number of
/// its first page and ends at the first number of its last page. On a single page that would reverse the two, so
/// the opinion gets the whole range.
fn numbers(pages: &[&Page], span: &Span<'_>, first_page: u32) -> (u32, u32) {
    let (start, end) = (span.start_page(), span.key.page_index);
    let (before, first) = printed(pages, start, first_page);
    let (last, after) = printed(pages, end, first_page);
    if start == end { (before, after) } else { (first, last) }
}

/// First and last number printed on a page, or index + `first_page` if there is none.
fn printed(pages: &[&Page], index: usize, first_page: u32) -> (u32, u32) {
    let page = pages.iter().find(|page| page.index == index);
    let number = page.map(|page| page.number).unwrap_or_default();
    let first = number.first.unwrap_or_else(|| expected_number(index, first_page));
    (first, number.last.unwrap_or(first))
}

/// From this overlap with a box of text, an IMAGE box is text that the model mistook for a picture.
const TEXT_OVERLAP: f64 = 0.5;

/// A picture belongs to a neighbour when more than this share of it lies outside the opinion.
const OUTSIDE_SHARE: f64 = 0.5;

/// The pictures of a page, in the order of its boxes: IMAGE boxes that do not cover a box of text.
pub fn pictures(page: &Page) -> impl Iterator<Item = &Detection> {
    page.detections.iter().filter(|found| {
        found.label == Label::Image
            && found.passes_gate()
            && (found.confidence >= HUMAN || !is_text(page, &found.rect()))
    })
}

/// The pictures of a volume in points, by page. They are collected once because many opinions may share a page.
struct Pictures {
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

    /// True when a picture remains on these pages after the rectangles outside the opinion are removed.
    fn remain(&self, pages: RangeInclusive<usize>, outside: &[OutsideRect]) -> bool {
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
