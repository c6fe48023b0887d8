//! One volume: its state, its parts, its findings and opinions, its history, and what can be done about it.

use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{Operator as OperatorRank, Reviewer, SignedIn, Viewer};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum_extra::extract::Form;
use catalog::{CatalogError, FindingDetail, RangeDetail, ScanDetail, ScanSummary};
use domain::{AttemptPrefix, RangeStatus, Results, ScanId, Severity, Stage, Status, VolumeName, WaitsFor};
use objects::ObjectError;
use pipeline::actions::Operator;
use pipeline::cost;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// More than these are in the file findings.json.
const SHOWN_FINDINGS: usize = 20;

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/volumes/{scan}", get(volume))
        .route("/volumes/{scan}/files/{*name}", get(file))
        .route("/volumes/{scan}/approve", post(approve))
        .route("/volumes/{scan}/describe", post(describe))
        .route("/volumes/{scan}/confirm", post(confirm))
        .route("/volumes/{scan}/cancel", post(cancel))
        .route("/volumes/{scan}/delete", get(ask_delete).post(delete))
}

#[derive(Template)]
#[template(path = "volume.html")]
struct VolumePage {
    frame: Frame,
    detail: ScanDetail,
    /// The stages and their state in the style sheet: `done`, `now`, `wrong` or nothing.
    track: Vec<(&'static str, &'static str)>,
    seen: Seen,
    cost: Option<String>,
}

impl VolumePage {
    const fn scan(&self) -> &ScanSummary {
        &self.detail.scan.summary
    }

    fn files(&self) -> Vec<&str> {
        self.detail.files().filter(|file| !file.contains('/')).collect()
    }

    fn findings(&self) -> &[FindingDetail] {
        let findings = &self.detail.findings;
        &findings[..findings.len().min(SHOWN_FINDINGS)]
    }

    /// The message, the advice and the code of what went wrong.
    fn failure(&self) -> Option<(String, &'static str, String)> {
        let scan = self.scan();
        let code = scan.error_code.clone().filter(|_| scan.status == Status::Failed)?;
        Some((scan.error_message.clone().unwrap_or_default(), words::advice(&code), code))
    }

    /// The pages that lost workers were working on and that are not skipped yet.
    fn suspects(&self) -> String {
        let is_new = |page: &&i32| !self.detail.skipped.iter().any(|skipped| skipped.page == **page);
        let pages: BTreeSet<i32> =
            self.detail.ranges.iter().flat_map(|range| &range.suspects).filter(is_new).copied().collect();
        words::list(&Vec::from_iter(pages))
    }

    fn skipped(&self) -> String {
        words::list(&self.detail.skipped.iter().map(|skipped| skipped.page).collect::<Vec<i32>>())
    }

    const fn needs_name(&self) -> bool {
        matches!(self.scan().waits_for, Some(WaitsFor::Metadata))
    }

    const fn needs_confirmation(&self) -> bool {
        matches!(self.scan().waits_for, Some(WaitsFor::Confirmation))
    }

    const fn is_reviewable(&self) -> bool {
        matches!(self.scan().status, Status::PendingReview) && self.scan().superseded_by.is_none()
    }

    const fn is_retryable(&self) -> bool {
        matches!(self.scan().status, Status::Failed | Status::Cancelled) && self.scan().superseded_by.is_none()
    }

    const fn is_cancellable(&self) -> bool {
        !self.scan().status.is_ended()
    }

    const fn is_deletable(&self) -> bool {
        matches!(self.scan().status, Status::PendingReview | Status::Failed | Status::Cancelled)
    }

    const fn has_pages(&self) -> bool {
        self.detail.scan.result_prefix.is_some()
    }
}

/// What a person saw when pressing a button. If it is not so any more, nothing is done.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    pub seen: String,
}

impl Seen {
    pub fn of(scan: &ScanSummary) -> Self {
        Self { seen: format!("{} {}", scan.status, scan.updated_at.unix_timestamp_nanos()) }
    }

    pub async fn check(&self, console: &Console, scan: ScanId) -> Result<(), ConsoleError> {
        let now = summary(console, scan).await?;
        if Self::of(&now).seen == self.seen {
            return Ok(());
        }
        let (clock, state) = (words::clock(&now.updated_at), words::status(now.status));
        Err(ConsoleError::Changed(format!("This changed at {clock}. Now: {state}.")))
    }
}

pub async fn summary(console: &Console, scan: ScanId) -> Result<ScanSummary, ConsoleError> {
    Ok(console.catalog.summary(scan).await?.ok_or(CatalogError::Unknown(scan))?)
}

async fn volume(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    Path(scan): Path<ScanId>,
) -> Result<impl IntoResponse, ConsoleError> {
    let detail = console.catalog.require_scan(scan).await?;
    let usage = console.catalog.usage(Some(scan), 0).await?;
    let summary = &detail.scan.summary;
    page(&VolumePage {
        frame: session.frame(words::volume(summary)).section("/volumes"),
        track: track(summary),
        seen: Seen::of(summary),
        cost: (!usage.stages.is_empty()).then(|| words::dollars(cost::total(&usage))),
        detail,
    })
}

/// Compress, read, split, review: which are done, which one is now, which one failed.
fn track(scan: &ScanSummary) -> Vec<(&'static str, &'static str)> {
    let reached = match (scan.status, scan.failed_stage) {
        (Status::Approved, _) => 4,
        (Status::PendingReview, _) => 3,
        (Status::Failed | Status::Cancelled, Some(stage)) => position(stage),
        (status, _) => status.stage().map_or(0, position),
    };
    let is_wrong = matches!(scan.status, Status::Failed | Status::Cancelled);
    let state = |place: usize| match place.cmp(&reached) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal if is_wrong => "wrong",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "",
    };
    ["Compress", "Read", "Split", "Review"].into_iter().enumerate().map(|(place, name)| (name, state(place))).collect()
}

const fn position(stage: Stage) -> usize {
    match stage {
        Stage::Compress => 0,
        Stage::Scan => 1,
        Stage::Split => 2,
    }
}

/// Redirects to a link that works for a few minutes. Whoever has the link can read the file, so it is made when it is needed.
async fn file(
    State(console): State<Arc<Console>>,
    _session: SignedIn<Viewer>,
    Path((scan, name)): Path<(ScanId, String)>,
) -> Result<impl IntoResponse, ConsoleError> {
    let detail = console.catalog.require_scan(scan).await?;
    let is_known = detail.files().any(|file| file == name);
    let prefix = detail.scan.result_prefix.as_deref().filter(|_| is_known).ok_or(ConsoleError::NotFound)?;
    let prefix: AttemptPrefix<Results> = prefix.parse().map_err(ObjectError::Key)?;
    let key = prefix.join(&name).map_err(ObjectError::Key)?;
    Ok(Redirect::temporary(&console.link(&key).await?))
}

pub fn back(scan: ScanId) -> Redirect {
    Redirect::to(&format!("/volumes/{scan}"))
}

async fn approve(
    State(console): State<Arc<Console>>,
    session: SignedIn<Reviewer>,
    Path(scan): Path<ScanId>,
    Form(seen): Form<Seen>,
) -> Result<Redirect, ConsoleError> {
    seen.check(&console, scan).await?;
    session.catalog(&console)?.approve(scan).await?;
    Ok(back(scan))
}

#[derive(Debug, Deserialize)]
struct Description {
    reporter: String,
    volume: String,
    first_page: String,
}

async fn describe(
    State(console): State<Arc<Console>>,
    session: SignedIn<Reviewer>,
    Path(scan): Path<ScanId>,
    Form(description): Form<Description>,
) -> Result<Redirect, ConsoleError> {
    let Description { reporter, volume, first_page } = &description;
    let wrong = |_| ConsoleError::Wrong(format!("The first page is {first_page:?}, which is not a number."));
    let first_page: u32 = first_page.trim().parse().map_err(wrong)?;
    let name = VolumeName::new(reporter.trim(), volume.trim(), Some(first_page), None);
    let name = name.map_err(|error| ConsoleError::Wrong(error.to_string()))?;
    let catalog = session.catalog(&console)?;
    (Operator { catalog: &catalog, queues: &console.queues }).describe(scan, &name).await?;
    Ok(back(scan))
}

async fn confirm(
    State(console): State<Arc<Console>>,
    session: SignedIn<Reviewer>,
    Path(scan): Path<ScanId>,
    Form(seen): Form<Seen>,
) -> Result<Redirect, ConsoleError> {
    seen.check(&console, scan).await?;
    let catalog = session.catalog(&console)?;
    (Operator { catalog: &catalog, queues: &console.queues }).confirm(scan).await?;
    Ok(back(scan))
}

/// What is running may go on, so the status may change between the look and the press.
async fn cancel(
    State(console): State<Arc<Console>>,
    session: SignedIn<OperatorRank>,
    Path(scan): Path<ScanId>,
) -> Result<Redirect, ConsoleError> {
    session.catalog(&console)?.cancel(scan).await?;
    Ok(back(scan))
}

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage {
    frame: Frame,
    scan: ScanSummary,
    seen: Seen,
}

async fn ask_delete(
    State(console): State<Arc<Console>>,
    session: SignedIn<OperatorRank>,
    Path(scan): Path<ScanId>,
) -> Result<impl IntoResponse, ConsoleError> {
    let scan = summary(&console, scan).await?;
    let frame = session.frame(format!("Delete {}?", words::volume(&scan))).section("/volumes");
    page(&DeletePage { frame, seen: Seen::of(&scan), scan })
}

/// The original stays: no function may delete an upload. `quire delete --original` can.
async fn delete(
    State(console): State<Arc<Console>>,
    session: SignedIn<OperatorRank>,
    Path(scan): Path<ScanId>,
    Form(seen): Form<Seen>,
) -> Result<Redirect, ConsoleError> {
    seen.check(&console, scan).await?;
    pipeline::delete::delete(&session.catalog(&console)?, &console.objects, scan, false).await?;
    Ok(back(scan))
}

/// The class of a part's block in the style sheet.
const fn block(range: &RangeDetail) -> &'static str {
    match range.status {
        RangeStatus::Finished => "good",
        RangeStatus::Scanning => "works",
        RangeStatus::Failed => "bad",
        RangeStatus::Waiting => "quiet",
    }
}

/// The class of a finding's card in the style sheet.
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::MustLook => "bad",
        Severity::ShouldLook => "asks",
        Severity::Note => "quiet",
    }
}
