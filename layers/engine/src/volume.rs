//! The pages of a volume with everything that was found on them: sizes, columns, page numbers, boxes.

use crate::detection::Detection;
use crate::geometry::PageSize;
use serde::{Deserialize, Serialize};

/// The text columns of a page, in pixels at 200 dpi; all zero when none were found. An entry of `pages_meta.json`.
/// See docs/reference-behaviour.md, "Columns".
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ColumnBounds {
    /// Left edge of the left column.
    pub col_left_x1: f64,
    /// Right edge of the left column.
    pub col_left_x2: f64,
    /// Left edge of the right column.
    pub col_right_x1: f64,
    /// Right edge of the right column.
    pub col_right_x2: f64,
    /// Middle of the gutter.
    pub midpoint: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PageNumber {
    /// The number, or the first of a range.
    pub first: Option<u32>,
    /// The last of a range.
    pub last: Option<u32>,
}

/// One page with everything that was found on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Page, from 0.
    pub index: usize,
    pub size: PageSize,
    /// Found by projecting the ink.
    pub columns: ColumnBounds,
    pub number: PageNumber,
    /// Every box, in the order of `detections.json`.
    pub detections: Vec<Detection>,
}

impl Page {
    /// The middle of the gutter in pixels, or the middle of the page if no gutter was found.
    #[must_use]
    pub fn middle(&self) -> f64 {
        if self.columns.midpoint > 0.0 { self.columns.midpoint } else { f64::from(self.size.width_pixels) / 2.0 }
    }
}

/// The number that is expected on a page from its index alone.
#[must_use]
pub fn expected_number(index: usize, first_page: u32) -> u32 {
    first_page.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
}
