//! A volume from its file to its opinions: the stages, one after another, each sharing its pages among all cores.
//!
//! Memory does not grow with the volume: pages stream, ranges of pages lie on disk between the stages.

mod clock;
mod compression;
mod detection;
mod error;
pub(crate) mod inspection;
mod numbers;
mod pictures;
mod progress;
mod publication;
mod reading;
mod redaction;
mod request;
mod settings;
mod summary;
mod work;

pub use error::ProcessError;
pub use progress::{NoProgress, Progress};
pub use request::Request;
pub use settings::{DEFAULT_LANGUAGE, DEFAULT_READING_RESOLUTION, Settings};
pub use summary::{PageProblem, Stage, StageReport, Summary};

use crate::cancellation::Cancellation;
use crate::output::check_target;
use crate::source;
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
    let work = Work::new(request, name, &volume, progress, cancellation)?;
    check_target(&work.target())?;
    work.pool()?.install(|| run(&work))
}

fn run(work: &Work<'_>) -> Result<Summary, ProcessError> {
    let scanned = work.stage(Stage::Detect, |work| detection::detect(work, &|_| true))?;
    let text =
        work.request.settings.ocr.then(|| work.stage(Stage::Read, |work| reading::read(work, &scanned))).transpose()?;
    let ranges = work.stage(Stage::Compress, |work| compression::compress(work, &scanned))?;
    let pages = numbers::numbered_pages(work, &scanned);
    let redacted = work.stage(Stage::Redact, |work| redaction::redact(work, pages, &ranges, text.as_ref()))?;
    work.stage(Stage::Write, |work| publication::assemble(work, &scanned, &redacted))?;
    publication::publish(work, &redacted)
}
