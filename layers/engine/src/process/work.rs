//! What all stages share: the request, the volume, the directory under way, the threads, the reports.

use super::clock::Clock;
use super::error::ProcessError;
use super::progress::Progress;
use super::request::Request;
use super::summary::{PageProblem, Stage, StageReport};
use crate::cancellation::Cancellation;
use crate::external::tesseract::Tesseract;
use crate::naming::VolumeName;
use crate::output::OutputError;
use crate::pixels::{PdfiumLibrary, PixelReader};
use crate::source::{PageKind, SourceVolume};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;

/// A range is this long at most: its pages lie in memory together when they are written.
const LONGEST_RANGE: usize = 16;

/// Resolution at which pages that are no single image are drawn.
const RENDER_DPI: f64 = 300.0;

/// The state of one run.
pub(super) struct Work<'a> {
    pub(super) request: &'a Request,
    pub(super) name: VolumeName,
    pub(super) reader: PixelReader<'a>,
    volume: &'a SourceVolume,
    pub(super) cancellation: &'a Cancellation,
    progress: &'a dyn Progress,
    directory: TempDir,
    reports: Mutex<Vec<StageReport>>,
    problems: Mutex<Vec<PageProblem>>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        request: &'a Request,
        name: VolumeName,
        volume: &'a SourceVolume,
        progress: &'a dyn Progress,
        cancellation: &'a Cancellation,
    ) -> Result<Self, ProcessError> {
        let failed = |error| OutputError::io(&request.output, error);
        std::fs::create_dir_all(&request.output).map_err(failed)?;
        // Beside the results, so that they can be moved into place in one step.
        let output = request.output.canonicalize().map_err(failed)?;
        let directory = tempfile::Builder::new().prefix(".quire-").tempdir_in(output).map_err(failed)?;
        let reader = PixelReader::new(volume, renderer(request, volume)?).drawing_at(RENDER_DPI);
        let (reports, problems) = (Mutex::default(), Mutex::default());
        Ok(Self { request, name, reader, volume, cancellation, progress, directory, reports, problems })
    }

    pub(super) fn volume(&self) -> &'a SourceVolume {
        self.volume
    }

    pub(super) fn page_count(&self) -> usize {
        self.volume().pages.len()
    }

    /// Number printed on the first page; the reference takes 1 where nothing says it.
    pub(super) fn first_page(&self) -> u32 {
        self.name.first_page().unwrap_or(1)
    }

    /// Where the results will be.
    pub(super) fn target(&self) -> PathBuf {
        self.request.output.join(self.name.directory(self.first_page()))
    }

    /// A directory for results under way.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, ProcessError> {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(&path).map_err(|error| OutputError::io(&path, error))?;
        Ok(path)
    }

    pub(super) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// Ranges of pages, of which every core gets its share.
    pub(super) fn ranges(&self) -> Vec<Range<usize>> {
        let pages = self.page_count();
        let length = pages.div_ceil(self.request.settings.jobs.max(1)).clamp(1, LONGEST_RANGE);
        (0..pages).step_by(length).map(|start| start..(start + length).min(pages)).collect()
    }

    pub(super) fn pool(&self) -> Result<rayon::ThreadPool, ProcessError> {
        let jobs = self.request.settings.jobs.max(1);
        let threads = rayon::ThreadPoolBuilder::new().num_threads(jobs).thread_name(|index| format!("pages-{index}"));
        threads.build().map_err(|error| ProcessError::Threads { jobs, reason: error.to_string() })
    }

    /// Runs a stage and keeps its report.
    pub(super) fn stage<T>(
        &self,
        stage: Stage,
        run: impl FnOnce(&Self) -> Result<T, ProcessError>,
    ) -> Result<T, ProcessError> {
        self.check()?;
        self.progress.stage_started(stage, self.page_count());
        let clock = Clock::start();
        let result = run(self);
        self.check()?;
        let result = result?;
        let report = clock.report(stage, self.page_count());
        self.progress.stage_finished(&report);
        lock(&self.reports).push(report);
        Ok(result)
    }

    /// Fails once the work was stopped.
    pub(super) fn check(&self) -> Result<(), ProcessError> {
        if self.cancellation.is_cancelled() { Err(ProcessError::Cancelled) } else { Ok(()) }
    }

    /// Tesseract with the language asked for.
    pub(super) fn tesseract(&self) -> Tesseract {
        Tesseract::new(&self.request.settings.language, self.cancellation.clone()).temporary_directory(self.root())
    }

    pub(super) fn done(&self, pages: usize) {
        self.progress.pages_done(pages);
    }

    pub(super) fn problem(&self, page_index: usize, code: &str, reason: String) {
        let problem = PageProblem { page_index, code: code.to_owned(), reason };
        self.progress.page_problem(&problem);
        lock(&self.problems).push(problem);
    }

    pub(super) fn reports(&self) -> Vec<StageReport> {
        lock(&self.reports).clone()
    }

    pub(super) fn problems(&self) -> Vec<PageProblem> {
        let mut problems = lock(&self.problems).clone();
        problems.sort_by(|a, b| (a.page_index, &a.code).cmp(&(b.page_index, &b.code)));
        problems
    }
}

/// PDFium, when a page needs it: a volume of plain scans does without.
fn renderer(request: &Request, volume: &SourceVolume) -> Result<Option<PdfiumLibrary>, ProcessError> {
    let is_needed = volume.pages.iter().any(|page| page.kind == PageKind::Other);
    Ok(if is_needed { Some(PdfiumLibrary::load(&request.settings.installation.pdfium())?) } else { None })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
