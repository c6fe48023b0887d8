//! Where the text of a page begins and ends (specification, section 7).

use crate::detection::{Detection, Label};
use crate::volume::Page;

/// The part of a page between its running head and its footnotes or foot, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarginBounds {
    /// Lower edge of the running head; 0 without one.
    pub header_bottom: f64,
    /// Upper edge of the footnotes or of the running foot; the page's height without either.
    pub footer_top: f64,
}

impl MarginBounds {
    /// The bounds of a page. Boxes of any confidence count.
    #[must_use]
    pub fn of(page: &Page) -> Self {
        let (_, scale) = page.size.points_per_pixel();
        let height = page.size.height_points;
        let mut bounds = Self { header_bottom: 0.0, footer_top: height };
        for found in &page.detections {
            let rect = found.rect().scaled(1.0, scale);
            if found.label == Label::Footnotes || (is_running(found) && rect.centre_y() >= height / 2.0) {
                bounds.footer_top = bounds.footer_top.min(rect.y0);
            } else if is_running(found) {
                bounds.header_bottom = bounds.header_bottom.max(rect.y1);
            }
        }
        bounds
    }
}

/// Whether a box belongs to a running head or foot.
fn is_running(found: &Detection) -> bool {
    matches!(found.label, Label::PageHeader | Label::PageNumber | Label::StateAbbreviation)
}
