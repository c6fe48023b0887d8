//! Puts right what nobody is working on. Every row is re-checked in the statement that changes it, so that running twice
//! at once, or in the middle of normal work, changes nothing wrongly.

mod pass;
mod sweep_results;
mod sweep_uploads;

use crate::attempt::Deadline;
use crate::context::Context;
use crate::error::StageError;
use serde::{Deserialize, Serialize};

/// What a schedule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct Request {
    /// Which of the tasks.
    pub task: Task,
}

/// The tasks of the schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Stale leases, lost messages, unsent events.
    Reconcile,
    /// Uploads whose event was lost.
    SweepUploads,
    /// Attempts that no row names.
    SweepResults,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Busy rows without a sign of life.
    pub rescued: usize,
    /// Of these, failed for good.
    pub interrupted: usize,
    /// Waiting rows whose message was sent again.
    pub resent: usize,
    /// Ends of scans that were published.
    pub published: usize,
    /// Uploads handed to intake.
    pub announced: usize,
    /// Attempts removed from the result bucket.
    pub removed: usize,
}

/// Does what a schedule asks for.
///
/// # Errors
/// When the database, a queue, the bus or S3 does not answer; the next run goes on.
pub async fn run(context: &Context, request: Request, deadline: Deadline) -> Result<Report, StageError> {
    match request.task {
        Task::Reconcile => pass::run(context).await,
        Task::SweepUploads => sweep_uploads::run(context, deadline).await,
        Task::SweepResults => sweep_results::run(context, deadline).await,
    }
}
