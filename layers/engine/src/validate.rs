//! Is a volume complete? Examines the sequence and the quality of its pages, and writes nothing.

use crate::cancellation::Cancellation;
use crate::error::EngineError;
use crate::numbering::is_read;
use crate::output::OutputError;
use crate::report::{PageProblem, Progress, Step, StepReport};
use crate::settings::Request;
use crate::steps::detect_pages::detect_volume;
use crate::steps::detected_page::DetectedPage;
use crate::steps::original::{Original, open_original};
use crate::steps::page_numbers::{first_page, numbered_pages};
use crate::steps::review_results::review_completeness;
use crate::steps::run::Run;
use crate::volume::Page;
use domain::{Finding, FindingCounts, VolumeName};
use serde::Serialize;

/// What was found out about the completeness of a volume.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    pub pages: usize,
    pub page_numbers: Vec<ValidatedNumber>,
    pub problems: Vec<PageProblem>,
    pub finding_counts: FindingCounts,
    /// The worst first.
    pub findings: Vec<Finding>,
    #[serde(rename = "stages")]
    pub steps: Vec<StepReport>,
}

/// The number of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValidatedNumber {
    /// The page's place in the original, from 0.
    pub page_index: usize,
    /// The number, or the first of a range.
    pub first: Option<u32>,
    /// The last of a range.
    pub last: Option<u32>,
    /// False if the number only follows from other pages.
    pub is_read: bool,
}

/// Checks whether the pages of a volume are complete and in order, and whether all of them can be used. Needs neither
/// the words of the pages nor Ghostscript. `request.output` is not used.
///
/// # Errors
/// Any [`EngineError`].
pub fn validate(
    request: &Request,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<Validation, EngineError> {
    let name = request.volume_name_or_default()?;
    let volume = open_original(&request.input, &request.settings, &request.skipped)?;
    let scratch = tempfile::Builder::new().prefix("quire-validate-").tempdir();
    let directory = scratch.map_err(|error| OutputError::io(&std::env::temp_dir(), error))?;
    let run = Run::new(&request.settings, directory.path(), progress, cancellation)?;
    let original = Original::new(&volume, 0, &run)?;
    run.with_threads(|| validate_pages(&run, &original, &name))
}

fn validate_pages(run: &Run<'_>, original: &Original<'_>, name: &VolumeName) -> Result<Validation, EngineError> {
    let (first_page, count) = (first_page(name), original.pages().len());
    let detected = run.step(Step::Detect, count, || detect_volume(run, original, first_page, &|_| true))?;
    let pages = numbered_pages(&detected, first_page);
    let findings = run.step(Step::Review, count, || Ok(review_completeness(run, name, &detected, &pages)))?;
    Ok(Validation {
        pages: count,
        page_numbers: detected.iter().zip(&pages).map(validated_number).collect(),
        problems: run.problems(),
        finding_counts: FindingCounts::of(&findings),
        findings,
        steps: run.reports(),
    })
}

fn validated_number((detected, page): (&DetectedPage, &Page)) -> ValidatedNumber {
    let is_read = is_read(&detected.readings, page.number);
    ValidatedNumber { page_index: page.index, first: page.number.first, last: page.number.last, is_read }
}
