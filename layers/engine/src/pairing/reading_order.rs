//! The order in which a two-column volume is read (specification, section 3).

use crate::detection::Detection;
use crate::geometry::Rect;
use crate::volume::Page;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Where a box stands in the volume: page, then column, then height on the page.
#[derive(Debug, Clone, Copy)]
pub struct ReadingPosition {
    /// Page, from 0.
    pub page: usize,
    /// Whether the box is in the right column.
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

/// Tells the column of a box. The whole volume is measured by the gutter of its first page, as the reference
/// does; a page of another width by its own.
#[derive(Debug, Clone)]
pub struct ReadingOrder {
    midpoints: HashMap<usize, f64>,
}

impl ReadingOrder {
    /// The order of a volume whose pages come by ascending index.
    #[must_use]
    pub fn of(pages: &[&Page]) -> Self {
        let Some(first) = pages.first() else {
            return Self { midpoints: HashMap::new() };
        };
        let of_page = |page: &&Page| {
            let same_width = page.size.width_pixels == first.size.width_pixels;
            (page.index, midpoint(if same_width { first } else { page }))
        };
        Self { midpoints: pages.iter().map(of_page).collect() }
    }

    /// Where a box stands.
    #[must_use]
    pub fn position(&self, detection: &Detection) -> ReadingPosition {
        self.position_of(detection.page_index, &detection.rect())
    }

    /// Where a rectangle, in pixels, stands.
    #[must_use]
    pub fn position_of(&self, page: usize, rect: &Rect) -> ReadingPosition {
        let midpoint = self.midpoints.get(&page).copied().unwrap_or_default();
        ReadingPosition { page, right: rect.centre_x() >= midpoint, top: rect.y0 }
    }

    /// Compares two boxes; those at the same place by what they are, so that the order never depends on the
    /// order of the input. Of a caption and a key at one place the caption comes first.
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

/// Middle of the gutter, or of the page where no gutter was found; in pixels.
fn midpoint(page: &Page) -> f64 {
    if page.columns.midpoint > 0.0 { page.columns.midpoint } else { f64::from(page.size.width_pixels) / 2.0 }
}
