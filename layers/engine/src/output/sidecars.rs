//! The JSON files beside the PDFs: `findings.json` (docs/findings.md), the others in the reference's schemas
//! (docs/reference-behaviour.md, "Outputs").

use super::error::OutputError;
use super::files::write_json;
use crate::detection::Detection;
use crate::pairing::Opinion;
use crate::redact::{MarginPage, RedactionPage};
use crate::volume::{ColumnBounds, Page};
use domain::Finding;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sidecars<'a> {
    pub pages: &'a [Page],
    pub opinions: &'a [Opinion],
    /// Only pages that have covers.
    pub covers: &'a [&'a RedactionPage],
    /// All pages.
    pub margins: &'a [&'a MarginPage],
    /// The worst first.
    pub findings: &'a [Finding],
}

pub(crate) fn write_sidecars(directory: &Path, sidecars: &Sidecars<'_>) -> Result<(), OutputError> {
    let detections: Vec<&Detection> = sidecars.pages.iter().flat_map(|page| &page.detections).collect();
    let columns: BTreeMap<usize, ColumnBounds> = sidecars.pages.iter().map(|page| (page.index, page.columns)).collect();
    write_json(&directory.join("detections.json"), &detections)?;
    write_json(&directory.join("pages_meta.json"), &columns)?;
    write_json(&directory.join("opinions.json"), sidecars.opinions)?;
    write_json(&directory.join("redaction_rects.json"), sidecars.covers)?;
    write_json(&directory.join("margin_rects.json"), sidecars.margins)?;
    write_json(&directory.join("findings.json"), sidecars.findings)
}
