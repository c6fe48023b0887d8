//! What the steps of one run share: the settings, the directory, the threads, the reports.

use crate::cancellation::Cancellation;
use crate::error::EngineError;
use crate::external::tesseract::Tesseract;
use crate::output::{OutputError, create_directory};
use crate::reading::Reader;
use crate::report::{PageProblem, Progress, Step, StepReport};
use crate::settings::Settings;
use domain::{FailureCode, PageReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;
use tempfile::TempDir;

/// Most pages in a group. All pages of a group are in memory together while they are written.
const LONGEST_GROUP: usize = 16;

/// Most pages in a batch: what one process of Tesseract reads. Loading the language takes a twentieth of the time of a
/// page, and if the process fails, all its pages are read again.
const LONGEST_BATCH: usize = 5;

/// One call of `process`, `inspect` or a stage.
pub(crate) struct Run<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) cancellation: &'a Cancellation,
    progress: &'a dyn Progress,
    directory: PathBuf,
    reader: OnceLock<Option<Reader>>,
    reports: Mutex<Vec<StepReport>>,
    problems: Mutex<Vec<PageProblem>>,
}

/// A hidden directory inside the output directory, so that results can be moved into place in one step.
pub(crate) fn hidden_directory(output: &Path) -> Result<TempDir, EngineError> {
    let failed = |error| OutputError::io(output, error);
    create_directory(output)?;
    let output = output.canonicalize().map_err(failed)?;
    Ok(tempfile::Builder::new().prefix(".quire-").tempdir_in(output).map_err(failed)?)
}

impl<'a> Run<'a> {
    /// Works in a directory, which the caller removes.
    pub(crate) fn new(
        settings: &'a Settings,
        directory: &Path,
        progress: &'a dyn Progress,
        cancellation: &'a Cancellation,
    ) -> Result<Self, EngineError> {
        // Absolute, because external programs may run elsewhere and take a leading dash for an option.
        let directory = directory.canonicalize().map_err(|error| OutputError::io(directory, error))?;
        let (reader, reports, problems) = (OnceLock::new(), Mutex::default(), Mutex::default());
        Ok(Self { settings, cancellation, progress, directory, reader, reports, problems })
    }

    /// The absolute path of the directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Creates a subdirectory unless it exists.
    pub(crate) fn subdirectory(&self, name: &str) -> Result<PathBuf, EngineError> {
        let path = self.directory.join(name);
        create_directory(&path)?;
        Ok(path)
    }

    /// Cuts the pages into groups, so that every core gets its share.
    pub(crate) fn groups(&self, pages: Range<usize>) -> Vec<Range<usize>> {
        let length = pages.len().div_ceil(self.settings.jobs.max(1)).clamp(1, LONGEST_GROUP);
        let end = pages.end;
        pages.step_by(length).map(|start| start..(start + length).min(end)).collect()
    }

    /// Divides pages into batches that become smaller towards the end, so that all threads end at the same time. Hand
    /// them out in their order, for which rayon has `par_bridge`.
    pub(crate) fn batches<'p, T: Sync>(&self, pages: &'p [T]) -> impl Iterator<Item = &'p [T]> + Send + use<'p, T> {
        batches(pages, self.settings.jobs)
    }

    /// Runs `work` in a pool of as many threads as jobs. All of them have ended when this returns.
    pub(crate) fn with_threads<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T, EngineError> + Send,
    ) -> Result<T, EngineError> {
        let jobs = self.settings.jobs.max(1);
        let threads = rayon::ThreadPoolBuilder::new().num_threads(jobs).thread_name(|index| format!("pages-{index}"));
        let done = threads.build_scoped(rayon::ThreadBuilder::run, |pool| pool.install(work));
        done.map_err(|error| EngineError::Threads { jobs, reason: error.to_string() })?
    }

    /// Runs a step, tells the caller about it, and keeps its report.
    pub(crate) fn step<T>(
        &self,
        step: Step,
        pages: usize,
        work: impl FnOnce() -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        self.check_cancelled()?;
        self.progress.step_started(step, pages);
        let clock = Clock::start();
        let result = work();
        self.check_cancelled()?;
        let result = result?;
        let report = clock.report(step, pages);
        self.progress.step_finished(&report);
        lock(&self.reports).push(report);
        Ok(result)
    }

    /// # Errors
    /// [`EngineError::Cancelled`] once the run was cancelled.
    pub(crate) fn check_cancelled(&self) -> Result<(), EngineError> {
        if self.cancellation.is_cancelled() { Err(EngineError::Cancelled) } else { Ok(()) }
    }

    /// Quire's reader, if it shall read and can read the language. It is loaded by the first step that needs it.
    pub(crate) fn reader(&self) -> Result<Option<&Reader>, EngineError> {
        if let Some(loaded) = self.reader.get() {
            return Ok(loaded.as_ref());
        }
        let Settings { installation, language, .. } = self.settings;
        let loaded = match self.settings.reader {
            PageReader::Quire => Reader::load(installation, language)?,
            PageReader::Tesseract => None,
        };
        Ok(self.reader.get_or_init(|| loaded).as_ref())
    }

    pub(crate) fn tesseract(&self) -> Tesseract {
        Tesseract::new(&self.settings.language, self.cancellation.clone()).temporary_directory(self.directory())
    }

    /// Tells the caller that this thread is working on these pages until the answer is dropped.
    pub(crate) fn at_work(&self, pages: Vec<usize>) -> AtWork<'_> {
        self.progress.work_began(&pages);
        AtWork { progress: self.progress, pages }
    }

    /// Some pages of the current step are done.
    pub(crate) fn pages_done(&self, count: usize) {
        self.progress.pages_done(count);
    }

    /// Reports a problem of a page and keeps it.
    pub(crate) fn page_problem(&self, page_index: usize, code: FailureCode, reason: String) {
        let problem = PageProblem::new(page_index, code, reason);
        self.progress.page_problem(&problem);
        lock(&self.problems).push(problem);
    }

    /// Keeps problems that an earlier stage has reported.
    pub(crate) fn keep_problems(&self, problems: impl IntoIterator<Item = PageProblem>) {
        lock(&self.problems).extend(problems);
    }

    pub(crate) fn reports(&self) -> Vec<StepReport> {
        lock(&self.reports).clone()
    }

    /// All problems, by page and code.
    pub(crate) fn problems(&self) -> Vec<PageProblem> {
        let mut problems = lock(&self.problems).clone();
        problems.sort_by(|a, b| (a.page_index, &a.code).cmp(&(b.page_index, &b.code)));
        problems
    }
}

fn batches<T: Sync>(pages: &[T], jobs: usize) -> impl Iterator<Item = &[T]> + Send {
    let mut rest = pages;
    std::iter::from_fn(move || {
        let length = (rest.len() / (2 * jobs.max(1))).clamp(1, LONGEST_BATCH).min(rest.len());
        let (batch, later) = rest.split_at(length);
        rest = later;
        (!batch.is_empty()).then_some(batch)
    })
}

/// A thread is working on these pages.
#[must_use]
pub(crate) struct AtWork<'a> {
    progress: &'a dyn Progress,
    pages: Vec<usize>,
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.progress.work_ended(&self.pages);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Measures a step: wall-clock time, and processor time including that of finished child processes.
struct Clock {
    started: Instant,
    cpu_seconds: f64,
}

impl Clock {
    fn start() -> Self {
        Self { started: Instant::now(), cpu_seconds: cpu_seconds() }
    }

    fn report(&self, step: Step, pages: usize) -> StepReport {
        let wall_seconds = self.started.elapsed().as_secs_f64();
        StepReport { step, wall_seconds, cpu_seconds: cpu_seconds() - self.cpu_seconds, pages }
    }
}

/// The fields utime, stime, cutime and cstime of `/proc/self/stat`, counted after the name of the program (fields 14
/// to 17 in proc(5)).
const CPU_FIELDS: Range<usize> = 11..15;

/// Processor seconds of this process and its finished children; 0 if the kernel does not report them.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 = fields
        .split_ascii_whitespace()
        .skip(CPU_FIELDS.start)
        .take(CPU_FIELDS.len())
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_hold_every_page_once_and_end_small(pages in 0usize..300, jobs in 1usize..9) {
            let pages: Vec<usize> = (0..pages).collect();
            let batches: Vec<&[usize]> = batches(&pages, jobs).collect();
            prop_assert_eq!(batches.concat(), pages.clone());
            prop_assert!(batches.iter().all(|batch| (1..=LONGEST_BATCH).contains(&batch.len())));
            prop_assert!(batches.last().is_none_or(|batch| batch.len() == 1));
        }
    }

    #[test]
    fn processor_time_is_counted() {
        let clock = Clock::start();
        let mut sum = 0u64;
        while clock.report(Step::Detect, 1).cpu_seconds == 0.0 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(clock.report(Step::Detect, 1).wall_seconds > 0.0);
    }
}
