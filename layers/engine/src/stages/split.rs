//! The last stage: numbers, opinions, redactions, and every file that is delivered.

use super::unpack::unpack;
use super::{ProcessError, Progress, Settings, Summary};
use crate::cancellation::Cancellation;
use crate::output::OutputError;
use crate::pairing::Opinion;
use crate::process::numbers::numbered_pages;
use crate::process::publication::{REDACTED, RESULT, assemble, opinion_names, summary};
use crate::process::redaction::redact;
use crate::process::work::Work;
use crate::process::{Stage, first_page};
use domain::VolumeName;
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

/// Puts together what the other stages made, under `result/` in `directory`. Needs neither the models nor the original.
///
/// `settings` should be those of the other stages; whether there are words, and how pages were grouped, is told by the
/// files.
///
/// # Errors
/// Every [`ProcessError`]; [`ProcessError::Intermediate`] when a file is damaged or not of this volume.
pub fn split(
    inputs: &SplitInputs,
    settings: &Settings,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<SplitResult, ProcessError> {
    let work = Work::new(settings, directory, progress, cancellation)?;
    // What an earlier call left there must not be taken for a result of this one.
    let result = work.root().join(RESULT);
    std::fs::create_dir(&result).map_err(|error| OutputError::io(&result, error))?;
    work.with_threads(|| run(&work, inputs))
}

fn run(work: &Work<'_>, inputs: &SplitInputs) -> Result<SplitResult, ProcessError> {
    let unpacked = work.stage(Stage::Unpack, 0, |work| unpack(work, inputs))?;
    let (first_page, pages) = (first_page(&inputs.name), unpacked.scanned.len());
    let numbered = numbered_pages(&unpacked.scanned, first_page);
    let redacted = work.stage(Stage::Redact, pages, |work| {
        redact(work, &unpacked.pages, first_page, numbered, &unpacked.ranges, unpacked.words.as_ref())
    })?;
    work.stage(Stage::Write, pages, |work| assemble(work, &inputs.name, &unpacked.scanned, &redacted))?;
    let opinions = opinions(&inputs.name, &redacted.opinions);
    Ok(SplitResult { summary: summary(work, &inputs.name, &redacted, unpacked.input_bytes)?, opinions })
}

fn opinions(name: &VolumeName, opinions: &[Opinion]) -> Vec<SplitOpinion> {
    let split = |(file, opinion): (String, &Opinion)| SplitOpinion {
        redacted: Path::new(REDACTED).join(&file),
        file,
        first_page: opinion.first_page_number,
        last_page: opinion.last_page_number,
        caption_page_index: opinion.caption_page,
        key_page_index: opinion.key_page,
    };
    opinion_names(name, opinions).into_iter().zip(opinions).map(split).collect()
}
