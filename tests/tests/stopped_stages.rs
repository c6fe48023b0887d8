//! A stage that is stopped at any step ends at once: no child process and no thread of it runs on.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use engine::cancellation::Cancellation;
use engine::error::EngineError;
use engine::report::{NoProgress, PageProblem, Progress, Step, StepReport};
use engine::settings::Settings;
use engine::source::SkippedPages;
use engine::stages::{self, Prepared, RangeToScan, SplitInputs, VolumeToPrepare};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tests::command::processes;
use tests::{sample, staged};

/// Far more than a thread takes to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stops the work when a step begins, or when it has done some pages.
struct Stopper {
    step: Step,
    after_pages: bool,
    is_there: AtomicBool,
    cancellation: Cancellation,
}

impl Stopper {
    fn new(step: Step, after_pages: bool) -> Self {
        Self { step, after_pages, is_there: false.into(), cancellation: Cancellation::new() }
    }
}

impl Progress for Stopper {
    fn step_started(&self, step: Step, _pages: usize) {
        if step == self.step {
            self.is_there.store(true, Ordering::Release);
            if !self.after_pages {
                self.cancellation.cancel();
            }
        }
    }

    fn pages_done(&self, _count: usize) {
        if self.is_there.load(Ordering::Acquire) {
            self.cancellation.cancel();
        }
    }

    fn page_problem(&self, _problem: &PageProblem) {}

    fn step_finished(&self, _report: &StepReport) {}
}

/// Runs a stage that is stopped in each of its steps.
fn assert_stops(folder: &Path, steps: &[Step], run: impl Fn(&Path, &Stopper) -> Result<(), EngineError>) {
    for (step, after_pages) in steps.iter().flat_map(|step| [(*step, false), (*step, true)]) {
        let stopper = Stopper::new(step, after_pages);
        let error = run(&staged::made(&folder.join("stopped")), &stopper).unwrap_err();
        assert!(["process.cancelled", "external.cancelled"].contains(&error.code().as_str()), "{step:?}: {error:?}");
        let left = processes(&folder.to_string_lossy());
        assert!(left.is_empty(), "{step:?}: {left:?}");
        // A thread that is done is listed until the kernel has put it away.
        let start = Instant::now();
        while !threads().is_empty() {
            assert!(start.elapsed() < PATIENCE, "{step:?}: {:?}", threads());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Names of this process's threads that a stage started.
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path().join("comm"));
    let names = tasks.filter_map(|name| std::fs::read_to_string(name).ok());
    names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("pages-")).collect()
}

fn folder_with_volume() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("original.pdf"), sample::bytes()).unwrap();
    folder
}

fn prepared(folder: &Path) -> Prepared {
    staged::prepared(&folder.join("original.pdf"), &staged::fast(), 3, folder).unwrap()
}

#[test]
fn preparation_stops() {
    let folder = folder_with_volume();
    let original = folder.path().join("original.pdf");
    let steps = [Step::Check, Step::Cut, Step::Compress, Step::Pack];
    assert_stops(folder.path(), &steps, |place, stopper| {
        let volume = VolumeToPrepare { file: &original, range_pages: 3, skipped: &SkippedPages::default() };
        stages::prepare(&volume, &staged::fast(), place, stopper, &stopper.cancellation).map(drop)
    });
}

#[test]
fn a_scan_stops() {
    let folder = folder_with_volume();
    let prepared = prepared(folder.path());
    let settings = Settings { ocr: true, ..staged::fast() };
    let detector = stages::load_models(&settings).unwrap();
    assert_stops(folder.path(), &[Step::Detect, Step::Read, Step::Pack], |place, stopper| {
        let range = RangeToScan { file: &prepared.ranges[0].file, pages: 0..3, first_page: Some(201) };
        stages::scan(&range, &detector, &settings, place, stopper, &stopper.cancellation).map(drop)
    });
    // The models are as good as before.
    let range = RangeToScan { file: &prepared.ranges[0].file, pages: 0..3, first_page: Some(201) };
    let place = staged::made(&folder.path().join("again"));
    stages::scan(&range, &detector, &settings, &place, &NoProgress, &Cancellation::new()).unwrap();
}

#[test]
fn the_split_stops() {
    let folder = folder_with_volume();
    let inputs: SplitInputs = staged::scanned(&prepared(folder.path()), &staged::fast(), folder.path()).unwrap();
    assert_stops(folder.path(), &[Step::Unpack, Step::Redact, Step::Write], |place, stopper| {
        stages::split(&inputs, &staged::fast(), place, stopper, &stopper.cancellation).map(drop)
    });
}
