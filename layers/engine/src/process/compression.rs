//! Ranges of pages made smaller.

use super::error::ProcessError;
use super::original::Original;
use super::work::Work;
use crate::compress::{CompressedRange, RangeToCompress, compress_range};
use crate::geometry::PageSize;
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A range and the document that holds exactly its pages, made smaller.
pub(crate) struct StoredRange {
    pub(crate) pages: Range<usize>,
    pub(crate) document: PathBuf,
}

/// Compresses every range. A page that is damaged becomes a blank.
pub(crate) fn compress(
    work: &Work<'_>,
    original: &Original<'_>,
    damaged: &[bool],
) -> Result<Vec<StoredRange>, ProcessError> {
    let folder = work.folder("compressed")?;
    work.groups(original.pages())
        .into_par_iter()
        .with_max_len(1)
        .map(|pages| compress_one(work, original, &folder, damaged, pages))
        .collect()
}

fn compress_one(
    work: &Work<'_>,
    original: &Original<'_>,
    folder: &Path,
    damaged: &[bool],
    pages: Range<usize>,
) -> Result<StoredRange, ProcessError> {
    work.check()?;
    let sizes: Vec<PageSize> = pages.clone().map(|page| original.size(page)).collect();
    let image_bytes: Vec<Option<u64>> = pages.clone().map(|page| original.image_length(page)).collect();
    let damaged: Vec<usize> = pages.clone().filter(|page| damaged[*page]).collect();
    let range = RangeToCompress {
        source: original.file(),
        pages: pages.clone(),
        sizes: &sizes,
        damaged: &damaged,
        image_bytes: &image_bytes,
    };
    let compressed = compress_range(&range, folder, &work.settings.compression, work.cancellation)?;
    report(work, &compressed);
    work.done(pages.len());
    Ok(StoredRange { pages, document: compressed.document })
}

fn report(work: &Work<'_>, range: &CompressedRange) {
    for page in &range.failed {
        work.problem(*page, "page.not_compressed", "Ghostscript cannot rewrite it; it stays as it came".to_owned());
    }
    for page in &range.lost {
        work.problem(*page, "page.damaged", "no program can copy it; it stays a blank".to_owned());
    }
}
