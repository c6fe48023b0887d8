//! Whether what Ghostscript wrote is what went in: it says success to files that it turned into blanks.

use crate::geometry::PageSize;
use crate::output::PageSource;
use std::path::Path;

/// Sides of a page may differ by this much, in points.
const SIZE_TOLERANCE: f64 = 0.5;

/// True when the document has one page for each size, of that size, and every page image decodes.
pub(super) fn is_faithful(document: &Path, sizes: &[PageSize]) -> bool {
    let Ok(pages) = PageSource::open(document) else { return false };
    pages.len() == sizes.len() && sizes.iter().enumerate().all(|(index, size)| is_page_faithful(&pages, index, size))
}

fn is_page_faithful(pages: &PageSource, index: usize, size: &PageSize) -> bool {
    let Some((width, height)) = pages.displayed_size(index) else { return false };
    let is_same_size =
        (width - size.width_points).abs() <= SIZE_TOLERANCE && (height - size.height_points).abs() <= SIZE_TOLERANCE;
    is_same_size && pages.has_content(index) && pages.image(index).is_ok()
}
