//! What must not be published, and where: headnotes, their brackets, key icons, running heads
//! (specification, sections 7 and 9).
//!
//! Rectangles here are in pixels of the page at 200 dpi. Covering is decided on the page's ink, so that a line is
//! covered whole or not at all.

mod brackets;
mod headnotes;
mod ink;
mod margins;
mod marks;
mod open;
mod plan;
mod protection;
mod span;

pub use brackets::highest_headnote;
pub use ink::Ink;
pub use margins::{MarginPage, margin_rects};
pub use open::open_spans;
pub use plan::{Fill, Redaction, RedactionPage, plan_page};
pub use span::OpinionSpan;

use crate::detection::{Detection, Label};
use crate::volume::{ColumnBounds, Page};

/// The middle of a page in pixels: its gutter, or half its width where no columns were found.
#[must_use]
pub fn page_middle(page: &Page) -> f64 {
    if page.columns.midpoint > 0.0 { page.columns.midpoint } else { f64::from(page.size.width_pixels) / 2.0 }
}

/// 0 for the left column, 1 for the right one.
#[must_use]
pub fn column_of(page: &Page, centre_x: f64) -> usize {
    usize::from(centre_x >= page_middle(page))
}

/// The horizontal bounds of a column in pixels: its projection, widened to the model's text column, never beyond
/// the gutter. Without either, the reference's paddings (specification, section 3).
fn column_bounds(page: &Page, column: usize) -> (f64, f64) {
    let (left, right) = projected(page, column);
    let of_column =
        |found: &&Detection| found.label == Label::TextColumn && column_of(page, found.rect().centre_x()) == column;
    let boxes = page.detections.iter().filter(of_column).map(Detection::rect);
    let (left, right) = boxes.fold((left, right), |(l, r), found| (l.min(found.x0), r.max(found.x1)));
    let middle = page_middle(page);
    if column == 0 { (left, right.min(middle - 1.0)) } else { (left.max(middle + 1.0), right) }
}

fn projected(page: &Page, column: usize) -> (f64, f64) {
    let ColumnBounds { col_left_x1, col_left_x2, col_right_x1, col_right_x2, midpoint } = page.columns;
    if midpoint > 0.0 {
        return if column == 0 { (col_left_x1, col_left_x2) } else { (col_right_x1, col_right_x2) };
    }
    let width = f64::from(page.size.width_pixels);
    let (side, gutter) = ((0.03 * width).max(20.0), (0.01 * width).max(10.0));
    if column == 0 { (side, width / 2.0 - gutter) } else { (width / 2.0 + gutter, width - side) }
}
