//! One page with everything that was detected on it.

use crate::detection::Detection;
use crate::geometry::{PageSize, Rect};
use crate::measures::PageMeasures;
use crate::numbering::Reading;
use crate::volume::{ColumnBounds, Page, PageNumber};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A page after detection. It has no page number yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DetectedPage {
    pub(crate) index: usize,
    pub(crate) size: PageSize,
    pub(crate) columns: ColumnBounds,
    pub(crate) detections: Vec<Detection>,
    /// What was read in the boxes that may hold the printed page number.
    pub(crate) readings: Vec<Reading>,
    pub(crate) measures: PageMeasures,
    pub(crate) is_damaged: bool,
}

impl DetectedPage {
    /// A page that cannot be read, and becomes a blank.
    pub(crate) fn damaged(index: usize, size: PageSize) -> Self {
        let (columns, measures) = (ColumnBounds::default(), PageMeasures::default());
        Self { index, size, columns, detections: Vec::new(), readings: Vec::new(), measures, is_damaged: true }
    }

    pub(crate) fn with_number(&self, number: PageNumber) -> Page {
        let mut detections = self.detections.clone();
        for found in &mut detections {
            (found.page_number, found.page_number_end) = (number.first, number.last);
        }
        Page { index: self.index, size: self.size, columns: self.columns, number, detections }
    }

    /// The pictures on the page in reading order.
    pub(crate) fn pictures(&self) -> Vec<Rect> {
        let page = self.with_number(PageNumber::default());
        let middle = page.middle();
        let mut rects: Vec<Rect> = crate::pairing::pictures(&page).map(Detection::rect).collect();
        let key = |rect: &Rect| (rect.centre_x() >= middle, rect.y0);
        rects.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(Ordering::Equal));
        rects
    }
}
