//! Today: what needs a person, what failed, what is being worked on, and what was finished.

use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{SignedIn, Viewer};
use crate::{chart, words};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use catalog::{FailureGroup, Filter, Overview, Sample, ScanSummary};
use domain::Status;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// More than these are behind a link.
const SHOWN: i64 = 8;

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/", get(today))
}

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    frame: Frame,
    needs_you: Vec<ScanSummary>,
    needs_you_count: i64,
    failures: Vec<FailureGroup>,
    failed_count: i64,
    working: Vec<ScanSummary>,
    working_count: i64,
    finished_count: i64,
    chart: chart::Chart,
    last_pass: Option<OffsetDateTime>,
    is_pass_late: bool,
}

async fn today(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
) -> Result<impl IntoResponse, ConsoleError> {
    let catalog = &console.catalog;
    let Overview { need_person, failed, working: working_count, finished_this_week } = catalog.overview().await?;
    let working: Vec<Status> = Status::ALL.iter().copied().filter(|status| !status.is_ended()).collect();
    let list = |filter: Filter| async move { catalog.scans(&Filter { limit: SHOWN, ..filter }).await };
    let samples = catalog.samples_of(Duration::days(1)).await?;
    let last_pass = samples.last().map(|sample| sample.at);
    page(&TodayPage {
        frame: session.frame("Today").section("/"),
        needs_you: list(Filter { needs_person: true, ..Filter::default() }).await?,
        needs_you_count: need_person,
        failures: catalog.failure_groups().await?,
        failed_count: failed,
        working: list(Filter { statuses: working, ..Filter::default() }).await?,
        working_count,
        finished_count: finished_this_week,
        chart: chart::Chart::new(&busy(&samples), Duration::days(1)),
        last_pass,
        is_pass_late: last_pass.is_none_or(|at| OffsetDateTime::now_utc() - at > Duration::minutes(15)),
    })
}

/// Scans on their way at each moment.
fn busy(samples: &[Sample]) -> Vec<(OffsetDateTime, i64)> {
    let busy = |sample: &Sample| {
        sample.uploaded + sample.compressing + sample.compressed + sample.scanning + sample.scanned + sample.splitting
            - sample.waiting_for_person
    };
    samples.iter().map(|sample| (sample.at, busy(sample).max(0))).collect()
}
