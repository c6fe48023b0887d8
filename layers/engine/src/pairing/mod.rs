//! Which boxes begin and end an opinion, and what on its first and last page belongs to its neighbours
//! (specification, sections 5, 6 and 8).
//!
//! Pure functions: the boxes of a volume in, its opinions out. [`pair`] takes pages as the engine knows them;
//! [`pair_file`] takes a `detections.json` alone, which a person may have edited.

mod columns;
mod error;
mod file;
mod key_icons;
mod margins;
mod opinion;
mod outside;
mod pages;
mod pictures;
mod reading_order;
mod spans;

pub use columns::{ColumnEdges, TextColumns};
pub use error::PairingError;
pub use file::pair_file;
pub use key_icons::key_icons;
pub use margins::MarginBounds;
pub use opinion::{Opinion, OutsideRect};
pub use pages::{PagesMeta, pages_from_detections};
pub use pictures::pictures;
pub use reading_order::{ReadingOrder, ReadingPosition};

use crate::volume::Page;
use pictures::Pictures;
use spans::Span;

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
    let outside_rects: Vec<OutsideRect> = inside.iter().flat_map(|page| outside::outside_rects(page, span)).collect();
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
    let first = number.first.unwrap_or_else(|| pages::number_from_index(index, first_page));
    (first, number.last.unwrap_or(first))
}
