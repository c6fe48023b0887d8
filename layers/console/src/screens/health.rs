//! Health: the queues, the reconciler, and how the work went over a day and a week.

use crate::chart::Chart;
use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{SignedIn, Viewer};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum_extra::extract::Query;
use catalog::Sample;
use serde::Deserialize;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/health", get(health))
}

#[derive(Debug, Deserialize)]
struct Span {
    #[serde(default)]
    week: bool,
}

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    frame: Frame,
    is_week: bool,
    latest: Option<Sample>,
    charts: Vec<(&'static str, Chart)>,
    rescued: i64,
    resent: i64,
}

type Number = fn(&Sample) -> i64;

/// What is drawn, over the stored counts of the reconciler.
const CHARTS: [(&str, Number); 6] = [
    ("Volumes waiting to be compressed", |sample| sample.uploaded),
    ("Volumes being compressed", |sample| sample.compressing),
    ("Parts waiting to be read", |sample| sample.ranges_waiting),
    ("Parts being read", |sample| sample.ranges_scanning),
    ("Volumes waiting for a person", |sample| sample.waiting_for_person),
    ("Age of the oldest waiting message, seconds", |sample| sample.oldest_message_seconds as i64),
];

async fn health(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    Query(Span { week }): Query<Span>,
) -> Result<impl IntoResponse, ConsoleError> {
    let span = if week { Duration::days(7) } else { Duration::days(1) };
    let samples = console.catalog.samples_of(span).await?;
    let numbers = |number: Number| -> Vec<(OffsetDateTime, i64)> {
        samples.iter().map(|sample| (sample.at, number(sample))).collect()
    };
    page(&HealthPage {
        frame: session.frame("Health").section("/health"),
        is_week: week,
        charts: CHARTS.iter().map(|(name, number)| (*name, Chart::new(&numbers(*number), span))).collect(),
        rescued: samples.iter().map(|sample| i64::from(sample.rescued)).sum(),
        resent: samples.iter().map(|sample| i64::from(sample.resent)).sum(),
        latest: samples.last().cloned(),
    })
}
