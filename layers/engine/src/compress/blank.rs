//! A blank page in place of one that cannot be read.

use crate::geometry::PageSize;
use crate::output::{OutputError, PageBuilder};
use std::path::Path;

/// Writes a document of one empty page.
pub(crate) fn write(path: &Path, size: &PageSize) -> Result<(), OutputError> {
    let mut builder = PageBuilder::new();
    builder.add_blank(size);
    builder.save(path)
}
