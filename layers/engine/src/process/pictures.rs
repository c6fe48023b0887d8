//! Pictures cut from the pages: `images/<page>-<place>.png` at 300 dpi (specification, section 6).

use super::detection::ScannedPage;
use super::error::ProcessError;
use super::work::Work;
use crate::output::write_png;
use crate::pixels::PageImage;
use std::path::{Path, PathBuf};

/// Resolution of a cut picture.
const PICTURE_DPI: f64 = 300.0;

/// Where a picture lies until its page has a number.
pub(crate) fn provisional(root: &Path, page: usize, sequence: usize) -> PathBuf {
    root.join("pictures").join(format!("{page:05}-{sequence:03}.png"))
}

/// The pictures of a page in reading order.
pub(crate) fn on_page(page: &ScannedPage) -> Vec<crate::geometry::Rect> {
    let as_page = super::numbers::plain_page(page);
    let middle = as_page.middle();
    let mut rects: Vec<_> = crate::pairing::pictures(&as_page).map(crate::detection::Detection::rect).collect();
    let key = |rect: &crate::geometry::Rect| (rect.centre_x() >= middle, rect.y0);
    rects.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal));
    rects
}

/// Cuts a page's pictures from its original pixels.
pub(crate) fn cut(work: &Work<'_>, index: usize, image: &PageImage, page: &ScannedPage) -> Result<(), ProcessError> {
    let rects = on_page(page);
    if rects.is_empty() {
        return Ok(());
    }
    work.folder("pictures")?;
    let (scale_x, scale_y) = page.size.scale_to(image.width, image.height);
    for (sequence, rect) in rects.iter().enumerate() {
        let cut = image.cut(&rect.scaled(scale_x, scale_y));
        let ratio = PICTURE_DPI * page.size.width_points / crate::geometry::POINTS_PER_INCH / image.width.max(1) as f64;
        let picture = at_scale(cut, ratio);
        let path = provisional(work.root(), index, sequence + 1);
        write_png(&path, picture.width, picture.height, picture.channels, &picture.pixels)?;
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides of a picture inside a page")]
fn at_scale(picture: PageImage, ratio: f64) -> PageImage {
    let side = |length: usize| (length as f64 * ratio).round().max(1.0) as usize;
    let (width, height) = (side(picture.width), side(picture.height));
    if (width, height) == (picture.width, picture.height) || picture.pixels.is_empty() {
        return picture;
    }
    picture.resized(width, height)
}
