//! Writes the previews: small pictures of the pages as they were uploaded.

use super::run::Run;
use crate::error::EngineError;
use crate::geometry::PageSize;
use crate::output::{OutputError, preview};
use crate::pixels::GreyImage;
use domain::{PREVIEWS, preview_file};

/// Writes the preview of a page, if previews are wanted. A page without pixels cannot be read and is white, as in every
/// other result.
pub(crate) fn write_preview(
    run: &Run<'_>,
    index: usize,
    size: PageSize,
    page: Option<GreyImage>,
) -> Result<(), EngineError> {
    if !run.settings.previews {
        return Ok(());
    }
    run.subdirectory(PREVIEWS)?;
    let path = run.directory().join(preview_file(index));
    Ok(std::fs::write(&path, preview(page, size)?).map_err(|error| OutputError::io(&path, error))?)
}
