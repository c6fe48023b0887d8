//! The last stage: numbers, opinions, redactions, and every file that is delivered.

use super::{ProcessError, Progress, Settings, Summary};
use crate::cancellation::Cancellation;
use crate::naming::VolumeName;
use std::path::{Path, PathBuf};

/// What the other stages made of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitInputs {
    /// `compressed.zip` of [`super::prepare`].
    pub compressed: PathBuf,
    /// The files of [`super::scan`], in the order of the ranges.
    pub ranges: Vec<PathBuf>,
    /// Reporter, volume and number printed on the first page (1 where the name says none).
    pub name: VolumeName,
}

/// An opinion and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitOpinion {
    /// Name of its file: `arc.12.0201-0203.pdf`.
    pub file: String,
    /// Where the redacted opinion is, relative to the result's directory: `redacted/<file>`.
    pub redacted: PathBuf,
    /// Number printed on its first page.
    pub first_page: u32,
    /// Number printed on its last page.
    pub last_page: u32,
    /// Page on which it begins, from 0.
    pub caption_page_index: usize,
    /// Page on which it ends, from 0.
    pub key_page_index: usize,
}

/// What is delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitResult {
    /// As `quire process` tells it; `directory` holds exactly `files`, and lies in the directory given to [`split`].
    pub summary: Summary,
    /// The opinions in their order.
    pub opinions: Vec<SplitOpinion>,
}

/// Puts together what the other stages made. Needs neither the models nor the original.
///
/// `settings` must be those of the other stages; what of them matters for one volume travels in the files.
///
/// # Errors
/// Every [`ProcessError`]. [`ProcessError::Intermediate`] when a file is damaged or not of this volume: then the
/// volume has to be prepared and scanned again.
pub fn split(
    inputs: &SplitInputs,
    settings: &Settings,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<SplitResult, ProcessError> {
    let _ = (inputs, settings, directory, progress, cancellation);
    Err(ProcessError::Cancelled)
}
