//! The second stage: detects on and reads the pages of one range.

use crate::cancellation::Cancellation;
use crate::detector::Detector;
use crate::error::{EngineError, IntermediateError};
use crate::report::{PageProblem, Progress, Step, StepReport};
use crate::settings::Settings;
use crate::source::{self, SourceVolume};
use crate::steps::archive::file_name;
use crate::steps::detect_pages::detect;
use crate::steps::original::Original;
use crate::steps::pack::pack_range;
use crate::steps::read_pages::read;
use crate::steps::run::Run;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A range that [`prepare`](super::prepare()) cut from the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeToScan<'a> {
    /// The PDF.
    pub file: &'a Path,
    /// Its pages in the volume, from 0.
    pub pages: Range<usize>,
    /// The number printed on the first page of the volume (not of the range), if it is known. A reading close to the
    /// number that follows from it is accepted at once.
    pub first_page: Option<u32>,
}

/// The results of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct ScannedRange {
    /// `range-0000.zip` for `range-0000.pdf`: boxes, columns, readings of page numbers, words,
    /// pictures and previews.
    pub file: PathBuf,
    /// The `split` stage reports them again.
    pub problems: Vec<PageProblem>,
    pub steps: Vec<StepReport>,
}

/// Loads the models, which takes a few tenths of a second. One load is enough for all ranges of a process.
///
/// # Errors
/// [`EngineError::Detect`] if ONNX Runtime or a model is not installed or cannot be used.
pub fn load_models(settings: &Settings) -> Result<Detector, EngineError> {
    Ok(Detector::load(&settings.installation, &settings.model)?)
}

/// Detects on and reads the pages of a range, and writes the results to one file in `directory`.
///
/// `detector` must have been loaded with the same settings. It is not an error if no page of the range can be read:
/// [`prepare`](super::prepare()) has decided that about the whole volume.
///
/// # Errors
/// Any [`EngineError`]; [`EngineError::Intermediate`] if the file is not the range that was cut.
pub fn scan(
    range: &RangeToScan<'_>,
    detector: &Detector,
    settings: &Settings,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<ScannedRange, EngineError> {
    let run = Run::new(settings, directory, progress, cancellation)?;
    let volume = open(range, settings)?;
    let original = Original::new(&volume, range.pages.start, &run)?;
    run.with_threads(|| scan_pages(&run, &original, range, detector))
}

/// The original has passed all checks. So whatever is wrong with a range is a fault of the range, not of the volume.
fn open(range: &RangeToScan<'_>, settings: &Settings) -> Result<SourceVolume, EngineError> {
    let file = file_name(range.file);
    let opened = source::open(range.file, &settings.limits);
    let volume = opened.map_err(|error| IntermediateError::damaged(&file, error.to_string()))?;
    if volume.pages.len() != range.pages.len() {
        let reason = format!("it has {} pages instead of {}", volume.pages.len(), range.pages.len());
        return Err(IntermediateError::foreign(&file, reason).into());
    }
    Ok(volume)
}

fn scan_pages(
    run: &Run<'_>,
    original: &Original<'_>,
    range: &RangeToScan<'_>,
    detector: &Detector,
) -> Result<ScannedRange, EngineError> {
    let pages = original.pages().len();
    let first_page = range.first_page.unwrap_or(1);
    let detected = run.step(Step::Detect, pages, || detect(run, original, detector, first_page, &|_| true))?;
    let words = run.settings.ocr.then(|| run.step(Step::Read, pages, || read(run, original, &detected)));
    let words = words.transpose()?;
    let file = run.directory().join(file_name(range.file)).with_extension("zip");
    run.step(Step::Pack, pages, || {
        pack_range(run, (range.file, range.pages.clone()), &detected, words.as_ref(), &file)
    })?;
    Ok(ScannedRange { file, problems: run.problems(), steps: run.reports() })
}
