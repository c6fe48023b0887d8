//! The first stage: checks the original, makes it smaller, and cuts it into the ranges for the `scan` stage.

use crate::cancellation::Cancellation;
use crate::error::EngineError;
use crate::report::{PageProblem, Progress, Step, StepReport};
use crate::settings::Settings;
use crate::source::SkippedPages;
use crate::steps::agreement::require_agreement;
use crate::steps::compress_pages::{compress, draw_other_pages};
use crate::steps::cut_ranges::cut;
use crate::steps::original::{Original, open_original, require_readable};
use crate::steps::pack::{PreparedPages, pack_volume};
use crate::steps::run::Run;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A volume as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeToPrepare<'a> {
    /// The PDF.
    pub file: &'a Path,
    /// How many pages a range has.
    pub range_pages: usize,
    pub skipped: &'a SkippedPages,
}

/// A range of the original, at its original quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedRange {
    /// Its pages in the volume, from 0.
    pub pages: Range<usize>,
    /// A PDF of these pages: `range-0000.pdf`, `range-0001.pdf`, …
    pub file: PathBuf,
}

/// What the other stages need of the original.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// How many pages the volume has.
    pub pages: usize,
    /// All pages of the volume, in order.
    pub ranges: Vec<PreparedRange>,
    /// `compressed.zip`: the compressed pages, and what the `split` stage has to know about the original.
    pub compressed: PathBuf,
    /// The `split` stage reports them again.
    pub problems: Vec<PageProblem>,
    pub steps: Vec<StepReport>,
}

/// Checks the original and writes `compressed.zip` and one PDF for every range to `directory`.
///
/// The same original with the same settings always gives the same PDFs of ranges. So what was scanned after an earlier
/// attempt can still be used, also if pages of other ranges were skipped then. A page that is skipped or cannot be read
/// becomes a blank everywhere and does not make the volume fail.
///
/// # Errors
/// Any [`EngineError`]. Its class is [`Input`](domain::FailureClass::Input) if the original is at fault, also if not one
/// page can be read.
pub fn prepare(
    volume: &VolumeToPrepare<'_>,
    settings: &Settings,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<Prepared, EngineError> {
    let run = Run::new(settings, directory, progress, cancellation)?;
    let opened = open_original(volume.file, settings, volume.skipped)?;
    let original = Original::new(&opened, 0, &run)?.remembering();
    run.with_threads(|| prepare_pages(&run, &original, volume.range_pages))
}

fn prepare_pages(run: &Run<'_>, original: &Original<'_>, range_pages: usize) -> Result<Prepared, EngineError> {
    require_agreement(run, original)?;
    let pages = original.pages().len();
    let mut damaged = run.step(Step::Check, pages, || {
        let damaged = original.find_damaged(run)?;
        require_readable(run, damaged.iter().copied())?;
        Ok(damaged)
    })?;
    let cut = run.step(Step::Cut, pages, || cut(run, original, range_pages, &mut damaged))?;
    require_readable(run, damaged.iter().copied())?;
    let (ranges, drawn) = run.step(Step::Compress, pages, || {
        let ranges = compress(run, original, &damaged)?;
        let drawn = draw_other_pages(run, original, &ranges)?;
        Ok((ranges, drawn))
    })?;
    let compressed = run.directory().join("compressed.zip");
    run.step(Step::Pack, pages, || {
        let facts = PreparedPages { damaged: &damaged, drawn: &drawn };
        pack_volume(run, original, &facts, &cut, &ranges, &compressed)
    })?;
    let ranges = cut.into_iter().map(|range| PreparedRange { pages: range.pages, file: range.file }).collect();
    Ok(Prepared { pages, ranges, compressed, problems: run.problems(), steps: run.reports() })
}
