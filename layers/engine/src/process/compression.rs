//! The third stage: ranges of pages made smaller.

use super::detection::ScannedPage;
use super::error::ProcessError;
use super::work::Work;
use crate::compress::{CompressedRange, RangeToCompress, compress_range};
use crate::geometry::PageSize;
use rayon::prelude::*;
use std::ops::Range;
use std::path::Path;

/// A range and the document that holds exactly its pages.
pub(super) struct StoredRange {
    pub(super) pages: Range<usize>,
    pub(super) compressed: CompressedRange,
}

/// Compresses every range.
pub(super) fn compress(work: &Work<'_>, scanned: &[ScannedPage]) -> Result<Vec<StoredRange>, ProcessError> {
    let folder = work.folder("compressed")?;
    let source = work.request.input.canonicalize();
    let source = source.map_err(|error| crate::output::OutputError::io(&work.request.input, error))?;
    work.ranges()
        .into_par_iter()
        .with_max_len(1)
        .map(|pages| compress_one(work, &source, &folder, scanned, pages))
        .collect()
}

fn compress_one(
    work: &Work<'_>,
    source: &Path,
    folder: &Path,
    scanned: &[ScannedPage],
    pages: Range<usize>,
) -> Result<StoredRange, ProcessError> {
    work.check()?;
    let of_range = &scanned[pages.clone()];
    let sizes: Vec<PageSize> = of_range.iter().map(|page| page.size).collect();
    let damaged: Vec<usize> = of_range.iter().filter(|page| page.is_damaged).map(|page| page.index).collect();
    let volume = work.volume();
    let image_bytes: Vec<Option<u64>> =
        volume.pages[pages.clone()].iter().map(|page| volume.image_length(page)).collect();
    let range =
        RangeToCompress { source, pages: pages.clone(), sizes: &sizes, damaged: &damaged, image_bytes: &image_bytes };
    let compressed = compress_range(&range, folder, &work.request.settings.compression, work.cancellation)?;
    report(work, &compressed);
    work.done(pages.len());
    Ok(StoredRange { pages, compressed })
}

fn report(work: &Work<'_>, range: &CompressedRange) {
    for page in &range.failed {
        work.problem(*page, "page.not_compressed", "Ghostscript cannot rewrite it; it stays as it came".to_owned());
    }
    for page in &range.lost {
        work.problem(*page, "page.damaged", "no program can copy it; it stays a blank".to_owned());
    }
}
