//! What the functions logged about one volume.

use super::volume::summary;
use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{Operator, SignedIn};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use catalog::ScanSummary;
use deployment::LogLine;
use domain::ScanId;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// The page shows the last ones. `quire logs` shows all.
const SHOWN_LINES: usize = 1_000;

/// The logs keep what is younger. CloudWatch looks through everything since this moment.
const LONGEST_SEARCH: Duration = Duration::days(30);

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/volumes/{scan}/logs", get(logs))
}

#[derive(Template)]
#[template(path = "logs.html")]
struct LogsPage {
    frame: Frame,
    scan: ScanSummary,
    lines: Vec<LogLine>,
    /// How many older lines the page leaves out.
    older: i64,
}

/// Lines name keys and errors of others, and help only the people who repair, so viewers do not see them.
async fn logs(
    State(console): State<Arc<Console>>,
    session: SignedIn<Operator>,
    Path(scan): Path<ScanId>,
) -> Result<impl IntoResponse, ConsoleError> {
    let scan = summary(&console, scan).await?;
    let since = scan.created_at.max(OffsetDateTime::now_utc() - LONGEST_SEARCH);
    let mut lines = console.function_logs.since(since, &console.cloudwatch).next(scan.id).await?;
    let older = lines.drain(..lines.len().saturating_sub(SHOWN_LINES)).count() as i64;
    let frame = session.frame(format!("Logs of {}", words::volume(&scan))).section("/volumes");
    page(&LogsPage { frame, scan, lines, older })
}
