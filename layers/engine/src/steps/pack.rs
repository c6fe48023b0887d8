//! Packs the results of a stage into the archive that another stage reads.

use super::archive::{ArchiveWriter, fingerprint};
use super::compress_pages::CompressedRange;
use super::cut_ranges::CutFile;
use super::detected_page::DetectedPage;
use super::file_names;
use super::manifest::{CutRange, FORMAT, PageFacts, RangeManifest, ScanSettings, VolumeManifest};
use super::original::{Original, OriginalPages};
use super::read_pages::PageWords;
use super::run::Run;
use crate::error::EngineError;
use crate::output::file_length;
use domain::preview_file;
use rayon::prelude::*;
use std::ops::Range;
use std::path::Path;

/// What the `prepare` stage knows about the pages of the volume: one value for each page.
pub(crate) struct PreparedPages<'a> {
    pub(crate) damaged: &'a [bool],
    /// Whether the page was drawn, because it is not a single image.
    pub(crate) drawn: &'a [bool],
}

/// Writes the archive of the `prepare` stage: the compressed pages and the facts about the original ones.
pub(crate) fn pack_volume(
    run: &Run<'_>,
    original: &Original<'_>,
    pages: &PreparedPages<'_>,
    cut: &[CutFile],
    compressed: &[CompressedRange],
    target: &Path,
) -> Result<(), EngineError> {
    let manifest = volume_manifest(run, original, pages, cut, compressed)?;
    let mut archive = ArchiveWriter::create(target, run.cancellation)?;
    archive.add_json(file_names::VOLUME, &manifest)?;
    for range in compressed {
        archive.add_file(&file_names::compressed(range.pages.start), &range.document)?;
        if let Some(original) = &range.original {
            archive.add_file(&file_names::original(range.pages.start), original)?;
        }
    }
    for (page, _) in manifest.pages.iter().enumerate().filter(|(_, facts)| facts.is_drawn) {
        archive.add_file(&file_names::drawn(page), &run.directory().join(file_names::drawn(page)))?;
    }
    run.pages_done(manifest.pages.len());
    archive.finish()
}

fn volume_manifest(
    run: &Run<'_>,
    original: &Original<'_>,
    pages: &PreparedPages<'_>,
    cut: &[CutFile],
    compressed: &[CompressedRange],
) -> Result<VolumeManifest, EngineError> {
    let facts = |page: usize| PageFacts {
        size: original.size(page),
        is_damaged: pages.damaged[page],
        has_own_text: original.has_own_text(page),
        is_drawn: pages.drawn[page],
    };
    let with_fingerprint = |range: &CutFile| {
        Ok(CutRange { pages: range.pages.clone(), fingerprint: fingerprint(&range.file, run.cancellation)? })
    };
    let ranges: Result<Vec<CutRange>, EngineError> = cut.par_iter().with_max_len(1).map(with_fingerprint).collect();
    Ok(VolumeManifest {
        format: FORMAT,
        input_bytes: file_length(original.file())?,
        pages: original.pages().map(facts).collect(),
        compressed: compressed.iter().map(|range| range.pages.clone()).collect(),
        ranges: ranges?,
        problems: run.problems(),
    })
}

/// Writes the archive of the `scan` stage: what was detected and read on the pages of a range.
pub(crate) fn pack_range(
    run: &Run<'_>,
    (source, pages): (&Path, Range<usize>),
    detected: &[DetectedPage],
    words: Option<&PageWords>,
    target: &Path,
) -> Result<(), EngineError> {
    let manifest = RangeManifest {
        format: FORMAT,
        pages,
        fingerprint: fingerprint(source, run.cancellation)?,
        scanned_with: ScanSettings::of(run.settings),
        problems: run.problems(),
    };
    let mut archive = ArchiveWriter::create(target, run.cancellation)?;
    archive.add_json(file_names::RANGE, &manifest)?;
    for page in detected {
        archive.add_json(&file_names::page(page.index), page)?;
        // A page on which Tesseract failed has no words.
        if let Some(words) = words.map(|words| words.file(page.index)).filter(|file| file.exists()) {
            archive.add_file(&file_names::words(page.index), &words)?;
        }
        for sequence in 1..=page.pictures().len() {
            let picture = file_names::picture(page.index, sequence);
            archive.add_file(&picture, &run.directory().join(&picture))?;
        }
        if run.settings.previews {
            let preview = preview_file(page.index);
            archive.add_file(&preview, &run.directory().join(&preview))?;
        }
        run.pages_done(1);
    }
    archive.finish()
}
