//! The sidecars, in the reference's schemas (specification, section 11).

use super::error::OutputError;
use crate::detection::Detection;
use crate::pairing::Opinion;
use crate::redact::{MarginPage, RedactionPage};
use crate::volume::{ColumnBounds, Page};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What the sidecars say.
#[derive(Debug, Clone, Copy)]
pub struct Sidecars<'a> {
    /// All pages.
    pub pages: &'a [Page],
    /// All opinions.
    pub opinions: &'a [Opinion],
    /// Covers; pages without any are absent.
    pub covers: &'a [&'a RedactionPage],
    /// Margins of every page.
    pub margins: &'a [&'a MarginPage],
}

/// Writes all of them into a directory.
///
/// # Errors
/// When a file cannot be written.
pub fn write_sidecars(directory: &Path, sidecars: &Sidecars<'_>) -> Result<(), OutputError> {
    let detections: Vec<&Detection> = sidecars.pages.iter().flat_map(|page| &page.detections).collect();
    let columns: BTreeMap<usize, ColumnBounds> = sidecars.pages.iter().map(|page| (page.index, page.columns)).collect();
    write_json(&directory.join("detections.json"), &detections)?;
    write_json(&directory.join("pages_meta.json"), &columns)?;
    write_json(&directory.join("opinions.json"), sidecars.opinions)?;
    write_json(&directory.join("redaction_rects.json"), sidecars.covers)?;
    write_json(&directory.join("margin_rects.json"), sidecars.margins)
}

/// Writes a value as JSON.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json<T: Serialize + ?Sized>(path: &Path, value: &T) -> Result<(), OutputError> {
    let bytes = serde_json::to_vec(value).map_err(|error| OutputError::Document { reason: error.to_string() })?;
    std::fs::write(path, bytes).map_err(|error| OutputError::io(path, error))
}
