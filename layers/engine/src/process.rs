//! A volume from its file to its opinions in one process. Each step shares the pages among all cores.
//!
//! Memory does not grow with the volume: pages are read one by one, and ranges of pages are on disk between the steps.

use crate::cancellation::Cancellation;
use crate::error::EngineError;
use crate::output::{check_target, file_length, move_into_place};
use crate::report::{Progress, Step, Summary};
use crate::settings::Request;
use crate::steps::agreement::require_agreement;
use crate::steps::compress_pages::compress;
use crate::steps::detect_pages::detect_volume;
use crate::steps::original::{Original, open_original};
use crate::steps::page_numbers::{first_page, numbered_pages};
use crate::steps::read_pages::read;
use crate::steps::redact_pages::redact;
use crate::steps::review_results::review;
use crate::steps::run::{Run, hidden_directory};
use crate::steps::write_results::{assemble, summary};
use domain::VolumeName;
use std::path::Path;

/// Turns a volume into a compressed, searchable PDF, its detections, a redacted PDF and one PDF per opinion.
///
/// The results appear under `<output>/<reporter>/<volume>/<first page>/` all at once, when everything is done.
///
/// # Errors
/// Any [`EngineError`]. Nothing has been written to the output directory then, and no child process is running.
pub fn process(
    request: &Request,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<Summary, EngineError> {
    let name = request.volume_name()?;
    let volume = open_original(&request.input, &request.settings, &request.skipped)?;
    let directory = hidden_directory(&request.output)?;
    let run = Run::new(&request.settings, directory.path(), progress, cancellation)?;
    let original = Original::new(&volume, 0, &run)?.remembering();
    let target = request.output.join(name.directory(first_page(&name)));
    check_target(&target)?;
    run.with_threads(|| process_pages(&run, &original, &name, &target))
}

fn process_pages(
    run: &Run<'_>,
    original: &Original<'_>,
    name: &VolumeName,
    target: &Path,
) -> Result<Summary, EngineError> {
    require_agreement(run, original)?;
    let (first_page, pages) = (first_page(name), original.pages().len());
    let detected = run.step(Step::Detect, pages, || detect_volume(run, original, first_page, &|_| true))?;
    let words = run.settings.ocr.then(|| run.step(Step::Read, pages, || read(run, original, &detected)));
    let words = words.transpose()?;
    let damaged: Vec<bool> = detected.iter().map(|page| page.is_damaged).collect();
    let compressed = run.step(Step::Compress, pages, || compress(run, original, &damaged))?;
    let numbered = numbered_pages(&detected, first_page);
    let redacted =
        run.step(Step::Redact, pages, || redact(run, original, first_page, numbered, &compressed, words.as_ref()))?;
    let findings = run.step(Step::Review, pages, || Ok(review(run, name, &detected, &redacted)))?;
    run.step(Step::Write, pages, || assemble(run, name, &detected, words.as_ref(), &redacted, &findings))?;
    run.check_cancelled()?;
    let summary = summary(run, name, words.as_ref(), &redacted, findings, file_length(original.file())?)?;
    let files = move_into_place(&summary.directory, target)?;
    Ok(Summary { directory: target.to_owned(), files, ..summary })
}
