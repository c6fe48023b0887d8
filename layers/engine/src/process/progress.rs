//! What is told while the work goes on.

use super::summary::{PageProblem, Stage, StageReport};

/// Told of every step; called from several threads.
pub trait Progress: Sync {
    /// A stage begins; it has this many pages before it.
    fn stage_started(&self, stage: Stage, pages: usize);
    /// Some pages of the present stage are done.
    fn pages_done(&self, count: usize);
    /// A page cannot be read and stays a blank.
    fn page_problem(&self, problem: &PageProblem);
    /// A stage is over.
    fn stage_finished(&self, report: &StageReport);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn stage_started(&self, _stage: Stage, _pages: usize) {}
    fn pages_done(&self, _count: usize) {}
    fn page_problem(&self, _problem: &PageProblem) {}
    fn stage_finished(&self, _report: &StageReport) {}
}
