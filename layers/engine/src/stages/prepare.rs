//! The first stage: the original is checked, made smaller, and cut into the ranges that are scanned.

use super::{PageProblem, ProcessError, Progress, Settings, StageReport};
use crate::cancellation::Cancellation;
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
/// # Errors
/// Every [`ProcessError`]; of class [`crate::error::ErrorClass::Input`] when the original is at fault, which
/// includes a volume of which not one page can be read.
pub fn prepare(
    original: &Path,
    settings: &Settings,
    range_pages: usize,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<Prepared, ProcessError> {
    let _ = (original, settings, range_pages, directory, progress, cancellation);
    Err(ProcessError::Cancelled)
}
