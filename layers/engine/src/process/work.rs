//! What all steps share: the settings, the directory under way, the threads, the reports.

use super::clock::Clock;
use super::error::ProcessError;
use super::progress::Progress;
use super::settings::Settings;
use super::summary::{PageProblem, Stage, StageReport};
use crate::cancellation::Cancellation;
use crate::external::tesseract::Tesseract;
use crate::output::OutputError;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A range is this long at most: its pages lie in memory together when they are written.
const LONGEST_RANGE: usize = 16;

/// The state of one run.
pub(crate) struct Work<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) cancellation: &'a Cancellation,
    progress: &'a dyn Progress,
    directory: PathBuf,
    reports: Mutex<Vec<StageReport>>,
    problems: Mutex<Vec<PageProblem>>,
}

impl<'a> Work<'a> {
    /// Work in a directory, which whoever made it removes.
    pub(crate) fn new(
        settings: &'a Settings,
        directory: &Path,
        progress: &'a dyn Progress,
        cancellation: &'a Cancellation,
    ) -> Result<Self, ProcessError> {
        // From the root: child programs and names that begin with a dash must find it, too.
        let directory = directory.canonicalize().map_err(|error| OutputError::io(directory, error))?;
        let (reports, problems) = (Mutex::default(), Mutex::default());
        Ok(Self { settings, cancellation, progress, directory, reports, problems })
    }

    /// A directory for results under way.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, ProcessError> {
        let path = self.directory.join(name);
        std::fs::create_dir_all(&path).map_err(|error| OutputError::io(&path, error))?;
        Ok(path)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.directory
    }

    /// Groups of pages, of which every core gets its share.
    pub(crate) fn groups(&self, pages: Range<usize>) -> Vec<Range<usize>> {
        let length = pages.len().div_ceil(self.settings.jobs.max(1)).clamp(1, LONGEST_RANGE);
        let end = pages.end;
        pages.step_by(length).map(|start| start..(start + length).min(end)).collect()
    }

    /// Runs with as many threads as jobs, all of which have ended when it returns.
    pub(crate) fn with_threads<T: Send>(
        &self,
        run: impl FnOnce() -> Result<T, ProcessError> + Send,
    ) -> Result<T, ProcessError> {
        let jobs = self.settings.jobs.max(1);
        let threads = rayon::ThreadPoolBuilder::new().num_threads(jobs).thread_name(|index| format!("pages-{index}"));
        let done = threads.build_scoped(rayon::ThreadBuilder::run, |pool| pool.install(run));
        done.map_err(|error| ProcessError::Threads { jobs, reason: error.to_string() })?
    }

    /// Runs a step and keeps its report.
    pub(crate) fn stage<T>(
        &self,
        stage: Stage,
        pages: usize,
        run: impl FnOnce(&Self) -> Result<T, ProcessError>,
    ) -> Result<T, ProcessError> {
        self.check()?;
        self.progress.stage_started(stage, pages);
        let clock = Clock::start();
        let result = run(self);
        self.check()?;
        let result = result?;
        let report = clock.report(stage, pages);
        self.progress.stage_finished(&report);
        lock(&self.reports).push(report);
        Ok(result)
    }

    /// Fails once the work was stopped.
    pub(crate) fn check(&self) -> Result<(), ProcessError> {
        if self.cancellation.is_cancelled() { Err(ProcessError::Cancelled) } else { Ok(()) }
    }

    /// Tesseract with the language asked for.
    pub(crate) fn tesseract(&self) -> Tesseract {
        Tesseract::new(&self.settings.language, self.cancellation.clone()).temporary_directory(self.root())
    }

    pub(crate) fn done(&self, pages: usize) {
        self.progress.pages_done(pages);
    }

    pub(crate) fn problem(&self, page_index: usize, code: &str, reason: String) {
        let problem = PageProblem { page_index, code: code.to_owned(), reason };
        self.progress.page_problem(&problem);
        lock(&self.problems).push(problem);
    }

    /// Keeps problems that an earlier stage told already.
    pub(crate) fn known_problems(&self, problems: impl IntoIterator<Item = PageProblem>) {
        lock(&self.problems).extend(problems);
    }

    pub(crate) fn reports(&self) -> Vec<StageReport> {
        lock(&self.reports).clone()
    }

    pub(crate) fn problems(&self) -> Vec<PageProblem> {
        let mut problems = lock(&self.problems).clone();
        problems.sort_by(|a, b| (a.page_index, &a.code).cmp(&(b.page_index, &b.code)));
        problems
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
