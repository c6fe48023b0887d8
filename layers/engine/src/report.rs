//! What a caller learns: the progress of the work, the problems of single pages, the cost of each step, the results.

use domain::{FailureCode, Finding, FindingCounts};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is done to pages: the steps of `process` in their order, then those that only the
/// stages need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Detects objects and columns, reads the printed page numbers, and cuts out pictures.
    Detect,
    /// Reads the words.
    Read,
    /// Makes the pages smaller with Ghostscript.
    Compress,
    /// Pairs the opinions and redacts the pages and their words.
    Redact,
    /// Derives what a person should look at.
    Review,
    /// Puts the volumes and the opinions together.
    Write,
    /// Decodes every page once, if no detection does that in the same process.
    Check,
    /// Cuts the volume into ranges of pages for other machines.
    Cut,
    /// Packs the results of a stage into one file.
    Pack,
    /// Unpacks the results of the other stages.
    Unpack,
}

/// What a step cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    #[serde(rename = "name")]
    pub step: Step,
    pub wall_seconds: f64,
    /// Processor time of this process and of the programs that it ran.
    pub cpu_seconds: f64,
    pub pages: usize,
}

/// A page that could not be read or compressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageProblem {
    /// Counted from 0.
    pub page_index: usize,
    /// The code of class [`Page`](domain::FailureClass::Page) that says what became of the page.
    pub code: String,
    pub reason: String,
}

impl PageProblem {
    pub(crate) fn new(page_index: usize, code: FailureCode, reason: String) -> Self {
        Self { page_index, code: code.as_str().to_owned(), reason }
    }
}

/// Hears about the work while it goes on, from several threads.
pub trait Progress: Sync {
    fn step_started(&self, step: Step, pages: usize);
    /// Some pages of the current step are done.
    fn pages_done(&self, count: usize);
    fn page_problem(&self, problem: &PageProblem);
    fn step_finished(&self, report: &StepReport);

    /// A thread begins to work on these pages, counted from 0. It may be their first or their second step.
    fn work_began(&self, _pages: &[usize]) {}

    /// The thread is done with these pages.
    fn work_ended(&self, _pages: &[usize]) {}
}

/// Ignores all progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn step_started(&self, _step: Step, _pages: usize) {}
    fn pages_done(&self, _count: usize) {}
    fn page_problem(&self, _problem: &PageProblem) {}
    fn step_finished(&self, _report: &StepReport) {}
}

/// The results of a volume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub reporter: String,
    pub volume: String,
    /// The number printed on the first page.
    pub first_page: u32,
    /// The number printed on the last page.
    pub last_page: u32,
    pub pages: usize,
    pub opinions: usize,
    /// How many pages Tesseract read because Quire could not read them with certainty.
    pub fallback_pages: usize,
    /// Bytes of the original.
    pub input_bytes: u64,
    /// Bytes of the compressed and searchable volume.
    pub output_bytes: u64,
    pub directory: PathBuf,
    /// All files in the directory, relative to it.
    pub files: Vec<PathBuf>,
    pub problems: Vec<PageProblem>,
    /// How many findings `findings.json` has.
    pub finding_counts: FindingCounts,
    /// The same as in `findings.json`, the worst first.
    pub findings: Vec<Finding>,
    #[serde(rename = "stages")]
    pub steps: Vec<StepReport>,
}
