//! A volume from its file to its opinions: the steps, one after another, each sharing its pages among all cores.
//!
//! Memory does not grow with the volume: pages stream, ranges of pages lie on disk between the steps.
//! [`crate::stages`] is made of the same steps, on several machines.

mod clock;
pub(crate) mod compression;
pub(crate) mod detection;
mod error;
pub(crate) mod inspection;
pub(crate) mod numbers;
pub(crate) mod original;
pub(crate) mod pictures;
mod progress;
pub(crate) mod publication;
pub(crate) mod reading;
pub(crate) mod redaction;
mod request;
mod settings;
mod summary;
pub(crate) mod work;

pub use error::ProcessError;
pub use progress::{NoProgress, Progress};
pub use request::Request;
pub use settings::{DEFAULT_LANGUAGE, DEFAULT_READING_RESOLUTION, Settings};
pub use summary::{PageProblem, Stage, StageReport, Summary};

use crate::cancellation::Cancellation;
use crate::output::{OutputError, check_target, move_into_place};
use crate::source;
use domain::VolumeName;
use original::Original;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use work::Work;

/// Turns a volume into a compressed, searchable PDF, its detections, a redacted volume and one PDF an opinion.
///
/// Results appear under `<output>/<reporter>/<volume>/<first page>/` all at once, when everything is done.
///
/// # Errors
/// Every [`ProcessError`]; nothing is left under the final names then, and no child process runs.
pub fn process(
    request: &Request,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<Summary, ProcessError> {
    let name = request.volume_name()?;
    let volume = source::open(&request.input, &request.settings.limits)?;
    let directory = hidden_directory(&request.output)?;
    let work = Work::new(&request.settings, directory.path(), progress, cancellation)?;
    let original = Original::new(&volume, 0, &request.settings)?;
    let target = request.output.join(name.directory(first_page(&name)));
    check_target(&target)?;
    work.with_threads(|| run(&work, &original, &name, &target))
}

fn run(work: &Work<'_>, original: &Original<'_>, name: &VolumeName, target: &Path) -> Result<Summary, ProcessError> {
    let (first_page, pages) = (first_page(name), original.pages().len());
    let scanned =
        work.stage(Stage::Detect, pages, |work| detection::detect_volume(work, original, first_page, &|_| true))?;
    let read = || work.stage(Stage::Read, pages, |work| reading::read(work, original, &scanned));
    let words = work.settings.ocr.then(read).transpose()?;
    let damaged: Vec<bool> = scanned.iter().map(|page| page.is_damaged).collect();
    let ranges = work.stage(Stage::Compress, pages, |work| compression::compress(work, original, &damaged))?;
    let numbered = numbers::numbered_pages(&scanned, first_page);
    let redacted = work.stage(Stage::Redact, pages, |work| {
        redaction::redact(work, original, first_page, numbered, &ranges, words.as_ref())
    })?;
    work.stage(Stage::Write, pages, |work| publication::assemble(work, name, &scanned, &redacted))?;
    publish(work, original, name, &redacted, target)
}

/// Moves the result to its final place and says what is there.
fn publish(
    work: &Work<'_>,
    original: &Original<'_>,
    name: &VolumeName,
    redacted: &redaction::Redacted,
    target: &Path,
) -> Result<Summary, ProcessError> {
    work.check()?;
    let input_bytes = publication::length(original.file())?;
    let summary = publication::summary(work, name, redacted, input_bytes)?;
    let files = move_into_place(&summary.directory, target)?;
    Ok(Summary { directory: target.to_owned(), files, ..summary })
}

/// Number printed on the first page; the reference takes 1 where nothing says it.
pub(crate) fn first_page(name: &VolumeName) -> u32 {
    name.first_page().unwrap_or(1)
}

/// A directory beside the results, so that they can be moved into place in one step.
fn hidden_directory(output: &PathBuf) -> Result<TempDir, ProcessError> {
    let failed = |error| OutputError::io(output, error);
    std::fs::create_dir_all(output).map_err(failed)?;
    let output = output.canonicalize().map_err(failed)?;
    Ok(tempfile::Builder::new().prefix(".quire-").tempdir_in(output).map_err(failed)?)
}
