//! The first stage: the original is checked, made smaller, and cut into the ranges that are scanned.

use super::archive::{ArchiveWriter, fingerprint};
use super::cut::cut;
use super::manifest::{CutRange, FORMAT, PageFacts, VOLUME, VolumeManifest, compressed_entry, drawn_entry};
use super::{PageProblem, ProcessError, Progress, Settings, StageReport};
use crate::cancellation::Cancellation;
use crate::output::{PageSource, write_png};
use crate::process::Stage;
use crate::process::compression::{StoredRange, compress};
use crate::process::detection::require_one;
use crate::process::original::{Original, SourcePages};
use crate::process::publication::length;
use crate::process::redaction::Stored;
use crate::process::work::Work;
use crate::source;
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A range of the original at its own quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedRange {
    /// Its pages in the volume, from 0.
    pub pages: Range<usize>,
    /// A PDF with these pages alone: `range-0000.pdf`, `range-0001.pdf`, …
    pub file: PathBuf,
}

/// What the scan and the split stage need of the original.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// How many pages the volume has.
    pub pages: usize,
    /// The volume cut up, in order and without a gap.
    pub ranges: Vec<PreparedRange>,
    /// `compressed.zip`: the smaller pages and what else the split stage has to know of the original.
    pub compressed: PathBuf,
    /// Pages that are not as they should be. The split stage tells them again.
    pub problems: Vec<PageProblem>,
    /// What each step cost.
    pub stages: Vec<StageReport>,
}

/// Checks the original and writes, into `directory`, `compressed.zip` and one PDF for every `range_pages` pages.
///
/// The same original with the same settings gives the same range files, so that what was scanned from an earlier
/// attempt's fits as well. A page that nobody can read is a blank everywhere;
/// it does not make the volume fail.
///
/// # Errors
/// Every [`ProcessError`]; of class [`domain::FailureClass::Input`] when the original is at fault, which
/// includes a volume of which not one page can be read.
pub fn prepare(
    original: &Path,
    settings: &Settings,
    range_pages: usize,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<Prepared, ProcessError> {
    let work = Work::new(settings, directory, progress, cancellation)?;
    let volume = source::open(original, &settings.limits)?;
    let original = Original::new(&volume, 0, settings)?;
    work.with_threads(|| run(&work, &original, range_pages))
}

fn run(work: &Work<'_>, original: &Original<'_>, range_pages: usize) -> Result<Prepared, ProcessError> {
    let pages = original.pages().len();
    let mut damaged = work.stage(Stage::Check, pages, |work| find_damaged(work, original))?;
    let cut = work.stage(Stage::Cut, pages, |work| cut(work, original, range_pages, &mut damaged))?;
    require_one(work, damaged.iter().copied())?;
    let (ranges, drawn) = work.stage(Stage::Compress, pages, |work| {
        let ranges = compress(work, original, &damaged)?;
        let drawn = draw_others(work, original, &ranges)?;
        Ok((ranges, drawn))
    })?;
    let compressed = work.root().join("compressed.zip");
    work.stage(Stage::Pack, pages, |work| {
        let manifest = manifest(work, original, &damaged, &drawn, &cut, &ranges)?;
        pack(work, &manifest, &ranges, &compressed)
    })?;
    let ranges = cut.into_iter().map(|(pages, file)| PreparedRange { pages, file }).collect();
    Ok(Prepared { pages, ranges, compressed, problems: work.problems(), stages: work.reports() })
}

/// Which pages nobody can read: each is decoded once, strictly, as detection does it.
fn find_damaged(work: &Work<'_>, original: &Original<'_>) -> Result<Vec<bool>, ProcessError> {
    let is_damaged = |page: usize| {
        work.check()?;
        let image = original.read_or_report(work, page)?;
        work.done(1);
        Ok(image.is_none())
    };
    let damaged: Result<Vec<bool>, ProcessError> =
        original.pages().into_par_iter().with_max_len(1).map(is_damaged).collect();
    let damaged = damaged?;
    require_one(work, damaged.iter().copied())?;
    Ok(damaged)
}

/// Draws the pages that are no single image even after compression: the split stage, which has to paint on them,
/// does not have the original. Says which those are.
fn draw_others(work: &Work<'_>, original: &Original<'_>, ranges: &[StoredRange]) -> Result<Vec<bool>, ProcessError> {
    let drawn: Result<Vec<Vec<bool>>, ProcessError> =
        ranges.par_iter().with_max_len(1).map(|range| draw_others_of(work, original, range)).collect();
    Ok(drawn?.into_iter().flatten().collect())
}

fn draw_others_of(work: &Work<'_>, original: &Original<'_>, range: &StoredRange) -> Result<Vec<bool>, ProcessError> {
    let source = PageSource::open(&range.document)?;
    let draw = |(local, page): (usize, usize)| {
        work.check()?;
        match Stored::of(&source, local)? {
            Stored::Blank | Stored::Image(_) => Ok(false),
            Stored::Other => draw(work, original, page),
        }
    };
    range.pages.clone().enumerate().map(draw).collect()
}

fn draw(work: &Work<'_>, original: &Original<'_>, page: usize) -> Result<bool, ProcessError> {
    work.folder("drawn")?;
    let Some(image) = original.drawn(work, page)? else { return Ok(false) };
    write_png(&work.root().join(drawn_entry(page)), image.width, image.height, image.channels, &image.pixels)?;
    Ok(true)
}

fn manifest(
    work: &Work<'_>,
    original: &Original<'_>,
    damaged: &[bool],
    drawn: &[bool],
    cut: &[(Range<usize>, PathBuf)],
    ranges: &[StoredRange],
) -> Result<VolumeManifest, ProcessError> {
    let facts = |page: usize| PageFacts {
        size: original.size(page),
        is_damaged: damaged[page],
        has_own_text: original.has_own_text(page),
        is_drawn: drawn[page],
    };
    let fingerprinted = |(pages, file): &(Range<usize>, PathBuf)| {
        Ok(CutRange { pages: pages.clone(), fingerprint: fingerprint(file, work.cancellation)? })
    };
    let cut: Result<Vec<CutRange>, ProcessError> = cut.par_iter().with_max_len(1).map(fingerprinted).collect();
    Ok(VolumeManifest {
        format: FORMAT,
        input_bytes: length(original.file())?,
        pages: original.pages().map(facts).collect(),
        compressed: ranges.iter().map(|range| range.pages.clone()).collect(),
        ranges: cut?,
        problems: work.problems(),
    })
}

fn pack(work: &Work<'_>, manifest: &VolumeManifest, ranges: &[StoredRange], target: &Path) -> Result<(), ProcessError> {
    let mut archive = ArchiveWriter::create(target, work.cancellation)?;
    archive.add_json(VOLUME, manifest)?;
    for range in ranges {
        archive.add_file(&compressed_entry(range.pages.start), &range.document)?;
    }
    for (page, _) in manifest.pages.iter().enumerate().filter(|(_, facts)| facts.is_drawn) {
        archive.add_file(&drawn_entry(page), &work.root().join(drawn_entry(page)))?;
    }
    work.done(manifest.pages.len());
    archive.finish()
}
