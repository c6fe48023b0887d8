//! The reading order of a two-column volume. See docs/reference-behaviour.md, "Columns".

use crate::detection::Detection;
use crate::geometry::Rect;
use crate::volume::Page;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The position of a box in the volume: page, then column, then height on the page.
#[derive(Debug, Clone, Copy)]
pub struct ReadingPosition {
    /// Page, from 0.
    pub page: usize,
    /// True when the box is in the right column.
    pub right: bool,
    /// Top edge, in pixels.
    pub top: f64,
}

impl Ord for ReadingPosition {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.page, self.right).cmp(&(other.page, other.right)).then(self.top.total_cmp(&other.top))
    }
}

impl PartialOrd for ReadingPosition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ReadingPosition {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ReadingPosition {}

/// Finds the column of a box. As in the reference, the gutter of the volume's first page applies to all pages. A page
/// of another width uses its own gutter.
#[derive(Debug, Clone)]
pub struct ReadingOrder {
    midpoints: HashMap<usize, f64>,
}

impl ReadingOrder {
    /// `pages` must be sorted by index.
    #[must_use]
    pub fn of(pages: &[&Page]) -> Self {
        let Some(first) = pages.first() else {
            return Self { midpoints: HashMap::new() };
        };
        let of_page = |page: &&Page| {
            let same_width = page.size.width_pixels == first.size.width_pixels;
            (page.index, if same_width { first.middle() } else { page.middle() })
        };
        Self { midpoints: pages.iter().map(of_page).collect() }
    }

    #[must_use]
    pub fn position(&self, detection: &Detection) -> ReadingPosition {
        self.position_of(detection.page_index, &detection.rect())
    }

    /// The position of a rectangle in pixels.
    #[must_use]
    pub fn position_of(&self, page: usize, rect: &Rect) -> ReadingPosition {
        let midpoint = self.midpoints.get(&page).copied().unwrap_or_default();
        ReadingPosition { page, right: rect.centre_x() >= midpoint, top: rect.y0 }
    }

    /// Compares two boxes. Boxes at the same position are compared by their label and box, so that the order never
    /// depends on the order of the input. If a caption and a key are at the same position, the caption comes first.
    #[must_use]
    pub fn compare(&self, a: &Detection, b: &Detection) -> Ordering {
        let floats = |detection: &Detection| {
            let [x0, y0, x1, y1] = detection.bbox;
            [x0, y0, x1, y1, detection.confidence]
        };
        let by_box = || {
            let pairs = floats(a).into_iter().zip(floats(b));
            pairs.map(|(a, b)| a.total_cmp(&b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        self.position(a).cmp(&self.position(b)).then(b.label.cmp(&a.label)).then_with(by_box)
    }
}
