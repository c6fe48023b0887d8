//! The JSON files beside the PDFs: `findings.json` (docs/findings.md), the others in the reference's schemas
//! (docs/reference-behaviour.md, "Outputs").

use super::error::OutputError;
use super::files::write_json;
use crate::detection::Detection;
use crate::pairing::Opinion;
use crate::redact::{MarginPage, RedactionPage};
use crate::volume::{ColumnBounds, Page};
use domain::{Finding, PageReader};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sidecars<'a> {
    pub pages: &'a [Page],
    /// What read each page, by its index; nothing about pages that were not read.
    pub readers: &'a BTreeMap<usize, PageReader>,
    pub opinions: &'a [Opinion],
    /// Only pages that have covers.
    pub covers: &'a [&'a RedactionPage],
    /// All pages.
    pub margins: &'a [&'a MarginPage],
    /// The worst first.
    pub findings: &'a [Finding],
}

/// An entry of `pages_meta.json`: that of the reference, and what read the words of the page.
#[derive(Serialize)]
struct PageMeta {
    #[serde(flatten)]
    columns: ColumnBounds,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_by: Option<PageReader>,
}

pub(crate) fn write_sidecars(directory: &Path, sidecars: &Sidecars<'_>) -> Result<(), OutputError> {
    let detections: Vec<&Detection> = sidecars.pages.iter().flat_map(|page| &page.detections).collect();
    let meta = |page: &Page| PageMeta { columns: page.columns, read_by: sidecars.readers.get(&page.index).copied() };
    let pages: BTreeMap<usize, PageMeta> = sidecars.pages.iter().map(|page| (page.index, meta(page))).collect();
    write_json(&directory.join("detections.json"), &detections)?;
    write_json(&directory.join("pages_meta.json"), &pages)?;
    write_json(&directory.join("opinions.json"), sidecars.opinions)?;
    write_json(&directory.join("redaction_rects.json"), sidecars.covers)?;
    write_json(&directory.join("margin_rects.json"), sidecars.margins)?;
    write_json(&directory.join("findings.json"), sidecars.findings)
}
