//! The last stage: numbers the pages, pairs and redacts the opinions, and writes all results.

use crate::cancellation::Cancellation;
use crate::error::EngineError;
use crate::output::OutputError;
use crate::pairing::Opinion;
use crate::report::{Progress, Step, Summary};
use crate::settings::Settings;
use crate::steps::page_numbers::{first_page, numbered_pages};
use crate::steps::redact_pages::redact;
use crate::steps::review_results::review;
use crate::steps::run::Run;
use crate::steps::unpack::unpack;
use crate::steps::write_results::{REDACTED, RESULT, assemble, opinion_names, summary};
use domain::VolumeName;
use std::path::{Path, PathBuf};

/// What the other stages made of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitInputs {
    /// `compressed.zip` of [`prepare`](super::prepare()).
    pub compressed: PathBuf,
    /// The files of [`scan`](super::scan()), in the order of the ranges.
    pub ranges: Vec<PathBuf>,
    pub name: VolumeName,
}

/// An opinion and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitOpinion {
    /// The name of its file: `arc.12.0201-0203.pdf`.
    pub file: String,
    /// The redacted opinion, relative to the directory of the results: `redacted/<file>`.
    pub redacted: PathBuf,
    /// The number printed on its first page.
    pub first_page: u32,
    /// The number printed on its last page.
    pub last_page: u32,
    /// The page on which it begins, from 0.
    pub caption_page_index: usize,
    /// The page on which it ends, from 0.
    pub key_page_index: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SplitResult {
    /// The same as that of `process`. `directory` contains exactly `files`, and is in the
    /// directory that [`split()`] got.
    pub summary: Summary,
    /// In the order in which they begin.
    pub opinions: Vec<SplitOpinion>,
}

/// Puts together what the other stages made, in `result/` below `directory`. Needs neither the models nor the original.
///
/// `settings` should be those of the other stages. Whether there are words and how pages are grouped depends on the
/// files, not on the settings.
///
/// # Errors
/// Any [`EngineError`]; [`EngineError::Intermediate`] if a file is damaged or does not belong to the volume.
pub fn split(
    inputs: &SplitInputs,
    settings: &Settings,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<SplitResult, EngineError> {
    let run = Run::new(settings, directory, progress, cancellation)?;
    // Fails if the directory exists: the results of an earlier call must not become results of this one.
    let result = run.directory().join(RESULT);
    std::fs::create_dir(&result).map_err(|error| OutputError::io(&result, error))?;
    run.with_threads(|| split_pages(&run, inputs))
}

fn split_pages(run: &Run<'_>, inputs: &SplitInputs) -> Result<SplitResult, EngineError> {
    let volume = run.step(Step::Unpack, 0, || unpack(run, &inputs.compressed, &inputs.ranges))?;
    let (first_page, pages) = (first_page(&inputs.name), volume.detected.len());
    let numbered = numbered_pages(&volume.detected, first_page);
    let redacted = run.step(Step::Redact, pages, || {
        redact(run, &volume.original, first_page, numbered, &volume.compressed, volume.words.as_ref())
    })?;
    let findings = run.step(Step::Review, pages, || Ok(review(run, &inputs.name, &volume.detected, &redacted)))?;
    let words = volume.words.as_ref();
    run.step(Step::Write, pages, || assemble(run, &inputs.name, &volume.detected, words, &redacted, &findings))?;
    let opinions = split_opinions(&inputs.name, &redacted.opinions);
    let summary = summary(run, &inputs.name, words, &redacted, findings, volume.input_bytes)?;
    Ok(SplitResult { summary, opinions })
}

fn split_opinions(name: &VolumeName, opinions: &[Opinion]) -> Vec<SplitOpinion> {
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
