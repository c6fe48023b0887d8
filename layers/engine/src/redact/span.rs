//! Where an opinion begins and ends, in reading order.

use super::column_of;
use super::headnotes::HeadMatter;
use crate::geometry::Rect;
use crate::volume::Page;

/// A place in reading order: page, column, height in pixels at 200 dpi.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Place {
    pub(super) page: usize,
    pub(super) column: usize,
    pub(super) y: f64,
}

impl Place {
    /// Where a box begins.
    pub(super) fn of(page: &Page, rect: &Rect) -> Self {
        Self { page: page.index, column: column_of(page, rect.centre_x()), y: rect.y0 }
    }
}

/// Where an opinion begins and ends, and where its head matter lies. Boxes in pixels at 200 dpi.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpinionSpan {
    /// Page of the caption, from 0.
    pub caption_page: usize,
    /// The caption.
    pub caption: Rect,
    /// Page of the key icon, from 0.
    pub key_page: usize,
    /// The key icon.
    pub key: Rect,
    /// The highest number that one of its headnotes bears; see [`highest_headnote`](super::highest_headnote).
    pub highest_headnote: usize,
    pub(super) start: Place,
    pub(super) end: Place,
    /// Found once: a span may run over the whole volume, and every page of it asks.
    pub(super) head_matter: Option<HeadMatter>,
}

impl OpinionSpan {
    /// The span from a caption to a key icon, each with its page; `None` when the volume has no such page.
    #[must_use]
    pub fn new(pages: &[Page], (caption_page, caption): (usize, Rect), (key_page, key): (usize, Rect)) -> Option<Self> {
        let start = Place::of(pages.get(caption_page)?, &caption);
        let end = Place::of(pages.get(key_page)?, &key);
        let span = Self { caption_page, caption, key_page, key, highest_headnote: 0, start, end, head_matter: None };
        Some(Self { head_matter: HeadMatter::find(pages, &span), ..span })
    }

    /// True when a place lies between the caption and the key.
    pub(super) fn holds(&self, place: Place) -> bool {
        place > self.start && place < self.end
    }
}
