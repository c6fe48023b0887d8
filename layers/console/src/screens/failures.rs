//! Failures, grouped by what went wrong. A retry is shown before it is made.

use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{Operator as OperatorRank, SignedIn, Viewer};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum_extra::extract::{Form, Query};
use catalog::{CatalogError, FailureGroup, FailureKind, Filter, ScanSummary};
use domain::{FailureClass, FailureCode, ScanId, Stage, Task};
use pipeline::actions::Operator;
use pipeline::cost;
use pipeline::error::StageError;
use serde::Deserialize;
use std::sync::Arc;

/// The most scans of one batch. A batch must end within the time limit of the function.
const BATCH: usize = 200;

/// What a working second costs is taken from the attempts of so many days.
const DAYS: i32 = 30;

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/failures", get(failures))
        .route("/failures/preview", get(preview))
        .route("/failures/retry", post(retry))
}

#[derive(Debug, Deserialize)]
struct Chosen {
    #[serde(default)]
    code: String,
    stage: Option<Stage>,
}

#[derive(Template)]
#[template(path = "failures.html")]
struct FailuresPage {
    frame: Frame,
    groups: Vec<FailureGroup>,
    chosen: Option<FailureKind>,
    scans: Vec<ScanSummary>,
    batch: usize,
}

impl FailuresPage {
    fn is_chosen(&self, group: &FailureGroup) -> bool {
        self.chosen.as_ref() == Some(&group.kind)
    }
}

async fn failures(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    Query(Chosen { code, stage }): Query<Chosen>,
) -> Result<impl IntoResponse, ConsoleError> {
    let groups = console.catalog.failure_groups().await?;
    let chosen = stage.map(|stage| FailureKind { code, stage });
    let scans = match &chosen {
        None => Vec::new(),
        Some(kind) => {
            let filter = Filter { failure: Some(kind.clone()), limit: BATCH as i64, ..Filter::default() };
            console.catalog.scans(&filter).await?
        }
    };
    let frame = session.frame("Failures").section("/failures");
    page(&FailuresPage { frame, groups, chosen, scans, batch: BATCH })
}

/// Who can do something about a failure with this code.
fn fault(code: &str) -> &'static str {
    match FailureCode::parse(code).map(FailureCode::class) {
        Some(FailureClass::Input) => "the file",
        Some(FailureClass::Resource) => "its size",
        Some(FailureClass::Unavailable | FailureClass::NotInstalled) => "the environment",
        _ => "Quire",
    }
}

#[derive(Debug, Deserialize)]
struct Selection {
    #[serde(default)]
    scan: Vec<ScanId>,
}

impl Selection {
    fn checked(self) -> Result<Vec<ScanId>, ConsoleError> {
        match self.scan.len() {
            0 => Err(ConsoleError::Wrong("Nothing was selected.".to_owned())),
            1..=BATCH => Ok(self.scan),
            more => Err(ConsoleError::Wrong(format!("{more} volumes were selected. At most {BATCH} go at once."))),
        }
    }
}

/// A scan, and what happened to it or would happen.
struct Outcome {
    scan: ScanId,
    name: String,
    text: String,
    is_done: bool,
}

#[derive(Template)]
#[template(path = "retry.html")]
struct RetryPage {
    frame: Frame,
    outcomes: Vec<Outcome>,
    is_preview: bool,
    count: i64,
    /// The work of a preview.
    estimate: String,
}

/// The retry itself, rolled back: so it follows the same rules, whatever they are.
async fn preview(
    State(console): State<Arc<Console>>,
    session: SignedIn<OperatorRank>,
    Query(selection): Query<Selection>,
) -> Result<impl IntoResponse, ConsoleError> {
    let scans = selection.checked()?;
    let rehearsal = console.catalog.rehearsing();
    let mut outcomes = Vec::new();
    for &scan in &scans {
        let told = rehearsal.retry(scan).await.map_err(StageError::from);
        outcomes.push(outcome(&console, scan, told).await?);
    }
    let done: Vec<ScanId> = outcomes.iter().filter(|outcome| outcome.is_done).map(|outcome| outcome.scan).collect();
    let seconds = console.catalog.retry_seconds(&done).await?;
    page(&RetryPage {
        frame: session.frame("What a retry would do").section("/failures"),
        count: done.len() as i64,
        outcomes,
        is_preview: true,
        estimate: estimate(&console, seconds).await?,
    })
}

/// How much work so many seconds of the functions are, as a sentence.
pub(super) async fn estimate(console: &Console, seconds: Option<f64>) -> Result<String, ConsoleError> {
    let price = cost::per_second(&console.catalog.usage(None, DAYS).await?);
    Ok(words::work(seconds, price))
}

/// One by one, so that a scan that somebody changed meanwhile holds up no other.
async fn retry(
    State(console): State<Arc<Console>>,
    session: SignedIn<OperatorRank>,
    Form(selection): Form<Selection>,
) -> Result<impl IntoResponse, ConsoleError> {
    let scans = selection.checked()?;
    let catalog = session.catalog(&console)?;
    let operator = Operator { catalog: &catalog, queues: &console.queues };
    let mut outcomes = Vec::new();
    for &scan in &scans {
        let told = operator.retry(scan).await;
        outcomes.push(outcome(&console, scan, told).await?);
    }
    let count = outcomes.iter().filter(|outcome| outcome.is_done).count() as i64;
    let frame = session.frame("Retried").section("/failures");
    page(&RetryPage { frame, outcomes, is_preview: false, count, estimate: String::new() })
}

/// A refusal belongs to its scan. Everything else, such as a database that is away, ends the whole batch; what was done
/// before stays done.
async fn outcome(
    console: &Console,
    scan: ScanId,
    told: Result<Vec<Task>, StageError>,
) -> Result<Outcome, ConsoleError> {
    let summary = console.catalog.summary(scan).await?;
    let name = summary.as_ref().map_or_else(|| format!("scan {scan}"), words::volume);
    let kept = summary.map_or(0, |summary| summary.ranges_finished as usize);
    match told {
        Ok(tasks) => Ok(Outcome { scan, name, text: effect(&tasks, kept), is_done: true }),
        Err(StageError::Catalog(error @ (CatalogError::Refused { .. } | CatalogError::Unknown(_)))) => {
            Ok(Outcome { scan, name, text: format!("{error} Nothing is done."), is_done: false })
        }
        Err(StageError::Queues(error)) => {
            let text = format!("Its message could not be sent ({error}). The reconciler sends it within ten minutes.");
            Ok(Outcome { scan, name, text, is_done: true })
        }
        Err(error) => Err(error.into()),
    }
}

/// What the messages of a retry start.
fn effect(tasks: &[Task], kept: usize) -> String {
    match tasks.first() {
        None => "It waits for its name, and then goes on.".to_owned(),
        Some(Task::Compress { .. }) => words::FROM_THE_BEGINNING.to_owned(),
        Some(Task::Scan { .. }) => {
            let numbers: Vec<i32> = tasks.iter().filter_map(number).collect();
            format!("Reads {}", words::parts_again(&numbers, kept))
        }
        Some(Task::Split { .. }) => format!("Splits again. All {} are kept.", words::count(kept, "part")),
    }
}

const fn number(task: &Task) -> Option<i32> {
    match task {
        Task::Scan { range, .. } => Some(*range),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_is_told_before_it_is_made() {
        let range = |range| Task::Scan { scan: 7, generation: 1, range, is_large: false };
        assert_eq!(effect(&[range(2), range(6)], 38), "Reads 2 parts (3, 7) again, keeps 38 parts, then splits.");
        assert_eq!(effect(&[range(0)], 1), "Reads 1 part (1) again, keeps 1 part, then splits.");
        assert_eq!(effect(&[Task::Split { scan: 7 }], 2), "Splits again. All 2 parts are kept.");
        assert!(effect(&[Task::Compress { scan: 7, is_bulk: false }], 0).starts_with("Starts from the beginning"));
        let many: Vec<Task> = (0..40).map(range).collect();
        assert_eq!(effect(&many, 0), "Reads 40 parts again, keeps 0 parts, then splits.");
    }

    #[test]
    fn a_batch_is_bounded() {
        let chosen = |count: usize| Selection { scan: (1..=count as i64).collect() }.checked();
        assert!(chosen(0).is_err() && chosen(1).is_ok() && chosen(BATCH).is_ok() && chosen(BATCH + 1).is_err());
    }

    #[test]
    fn the_one_at_fault_is_named() {
        assert_eq!(fault("source.encrypted"), "the file");
        assert_eq!(fault("objects.unreachable"), "the environment");
        assert_eq!(fault("of.another.release"), "Quire");
    }
}
