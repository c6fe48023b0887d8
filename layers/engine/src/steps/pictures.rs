//! Cuts the pictures out of the original pages, at 300 dpi (docs/reference-behaviour.md, "Outputs").

use super::detected_page::DetectedPage;
use super::file_names;
use super::run::Run;
use crate::error::EngineError;
use crate::geometry::POINTS_PER_INCH;
use crate::output::write_png;
use crate::pixels::PageImage;

const PICTURE_DPI: f64 = 300.0;

pub(crate) fn cut_pictures(run: &Run<'_>, image: &PageImage, page: &DetectedPage) -> Result<(), EngineError> {
    let rects = page.pictures();
    if rects.is_empty() {
        return Ok(());
    }
    run.subdirectory("pictures")?;
    let (scale_x, scale_y) = page.size.scale_to(image.width, image.height);
    for (sequence, rect) in rects.iter().enumerate() {
        let cut = image.cut(&rect.scaled(scale_x, scale_y));
        let ratio = PICTURE_DPI * page.size.width_points / POINTS_PER_INCH / image.width.max(1) as f64;
        let picture = at_scale(cut, ratio);
        let path = run.directory().join(file_names::picture(page.index, sequence + 1));
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
