//! An opinion as `opinions.json` holds it (specification, section 11).

use crate::detection::Label;
use crate::geometry::Rect;
use serde::{Deserialize, Serialize};

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

/// A rectangle on a page, in points rounded to tenths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutsideRect {
    /// Page, from 0.
    pub page_index: usize,
    /// Left edge.
    pub x0: f64,
    /// Top edge.
    pub y0: f64,
    /// Right edge.
    pub x1: f64,
    /// Bottom edge.
    pub y1: f64,
}

impl OutsideRect {
    /// A rectangle on a page, rounded to tenths of a point.
    #[must_use]
    pub fn new(page_index: usize, rect: &Rect) -> Self {
        let Rect { x0, y0, x1, y1 } = rect.rounded_to_tenths();
        Self { page_index, x0, y0, x1, y1 }
    }

    /// The rectangle without its page, in points.
    #[must_use]
    pub const fn rect(&self) -> Rect {
        Rect::new(self.x0, self.y0, self.x1, self.y1)
    }
}
