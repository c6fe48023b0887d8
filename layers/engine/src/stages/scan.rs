//! The second stage: everything that is seen and read on the pages of one range.

use super::archive::{ArchiveWriter, damaged, file_name, fingerprint};
use super::manifest::{FORMAT, RANGE, RangeManifest, ScanSettings, foreign, page_entry, picture_entry, words_entry};
use super::{PageProblem, ProcessError, Progress, Settings, StageReport};
use crate::cancellation::Cancellation;
use crate::detect::Detector;
use crate::process::Stage;
use crate::process::detection::{ScannedPage, detect};
use crate::process::original::Original;
use crate::process::pictures;
use crate::process::reading::{PageWords, read};
use crate::process::work::Work;
use crate::source::{self, SourceVolume};
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
    /// `range-0000.zip` for `range-0000.pdf`: boxes, columns, readings of page numbers, words, pictures.
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
/// `detector` must have been loaded with the same settings. A range of which not one page can be read is no error:
/// [`super::prepare`] decides that of the whole volume.
///
/// # Errors
/// Every [`ProcessError`]; [`ProcessError::Intermediate`] when the file is not the range that was cut.
pub fn scan(
    range: &RangeToScan<'_>,
    detector: &Detector,
    settings: &Settings,
    directory: &Path,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<ScannedRange, ProcessError> {
    let work = Work::new(settings, directory, progress, cancellation)?;
    let volume = open(range, settings)?;
    let original = Original::new(&volume, range.pages.start, settings)?;
    work.with_threads(|| run(&work, &original, range, detector))
}

/// Whatever is wrong with a range, the original passed its checks: it is the range that is at fault.
fn open(range: &RangeToScan<'_>, settings: &Settings) -> Result<SourceVolume, ProcessError> {
    let file = file_name(range.file);
    let volume = source::open(range.file, &settings.limits).map_err(|error| damaged(&file, error.to_string()))?;
    if volume.pages.len() != range.pages.len() {
        let reason = format!("it has {} pages instead of {}", volume.pages.len(), range.pages.len());
        return Err(foreign(&file, &reason).into());
    }
    Ok(volume)
}

fn run(
    work: &Work<'_>,
    original: &Original<'_>,
    range: &RangeToScan<'_>,
    detector: &Detector,
) -> Result<ScannedRange, ProcessError> {
    let pages = original.pages().len();
    let first_page = range.first_page.unwrap_or(1);
    let scanned = work.stage(Stage::Detect, pages, |work| detect(work, original, detector, first_page, &|_| true))?;
    let words = work.settings.ocr.then(|| work.stage(Stage::Read, pages, |work| read(work, original, &scanned)));
    let words = words.transpose()?;
    let file = work.root().join(file_name(range.file)).with_extension("zip");
    work.stage(Stage::Pack, pages, |work| {
        let manifest = manifest(work, range)?;
        pack(work, &manifest, &scanned, words.as_ref(), &file)
    })?;
    Ok(ScannedRange { file, problems: work.problems(), stages: work.reports() })
}

fn manifest(work: &Work<'_>, range: &RangeToScan<'_>) -> Result<RangeManifest, ProcessError> {
    Ok(RangeManifest {
        format: FORMAT,
        pages: range.pages.clone(),
        fingerprint: fingerprint(range.file, work.cancellation)?,
        scanned_with: ScanSettings::of(work.settings),
        problems: work.problems(),
    })
}

fn pack(
    work: &Work<'_>,
    manifest: &RangeManifest,
    scanned: &[ScannedPage],
    words: Option<&PageWords>,
    target: &Path,
) -> Result<(), ProcessError> {
    let mut archive = ArchiveWriter::create(target, work.cancellation)?;
    archive.add_json(RANGE, manifest)?;
    for page in scanned {
        archive.add_json(&page_entry(page.index), page)?;
        // A page that Tesseract failed on has none.
        if let Some(words) = words.map(|words| words.file(page.index)).filter(|file| file.exists()) {
            archive.add_file(&words_entry(page.index), &words)?;
        }
        for sequence in 1..=pictures::on_page(page).len() {
            let picture = pictures::provisional(work.root(), page.index, sequence);
            archive.add_file(&picture_entry(page.index, sequence), &picture)?;
        }
        work.done(1);
    }
    archive.finish()
}
