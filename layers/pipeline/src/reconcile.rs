//! `reconcile`: repairs what nobody is working on. Each row is checked again in the statement that changes it, so running
//! this twice at once, or in the middle of normal work, changes nothing wrongly.

use crate::context::Context;
use crate::deadline::Deadline;
use crate::error::StageError;
use crate::metrics::{Metric, emit};
use crate::outbox;
use catalog::{RescueOutcome, Rescued};
use domain::{AttemptKind, AttemptPrefix, FailureCode, ListedUpload, Results, Task, UploadKey, Work};
use objects::ListedAttempt;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use time::OffsetDateTime;

/// The most rows that one statement changes, so that none holds its locks for long.
const ROWS: i64 = 100;

/// S3 lists a thousand keys at once (AWS, ListObjectsV2).
const UPLOADS: usize = 1000;

const ATTEMPTS: usize = 200;

/// The name of the cursor where the sweep of the uploads continues.
const UPLOADS_CURSOR: &str = "sweep_uploads";

/// Time that a sweep keeps for one more page of uploads.
const TIME_FOR_UPLOADS: Duration = Duration::from_secs(10);

/// Time that a sweep keeps for one more page of attempts.
const TIME_FOR_ATTEMPTS: Duration = Duration::from_secs(20);

/// What a schedule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, strum::Display)]
#[serde(tag = "task", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ReconcileRequest {
    /// Recovers stale leases, lost messages and unsent events.
    Reconcile,
    /// Finds uploads whose event was lost.
    SweepUploads,
    /// Removes the objects of attempts that no row names.
    SweepResults,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassReport {
    /// Busy rows whose lease was stale.
    pub rescued: usize,
    /// Those of them that failed for good.
    pub interrupted: usize,
    /// Waiting rows whose message was sent again.
    pub resent: usize,
    /// Ends of scans that were published.
    pub published: usize,
    /// Uploads that were announced to intake again.
    pub announced: usize,
    /// Attempts that were removed from the result bucket.
    pub removed: usize,
}

/// Does what a schedule asks for.
///
/// # Errors
/// When the database, a queue, the bus or S3 does not answer; the next run continues.
pub async fn run(context: &Context, request: ReconcileRequest, deadline: Deadline) -> Result<PassReport, StageError> {
    match request {
        ReconcileRequest::Reconcile => reconcile(context).await,
        ReconcileRequest::SweepUploads => sweep_uploads(context, deadline).await,
        ReconcileRequest::SweepResults => sweep_results(context, deadline).await,
    }
}

async fn reconcile(context: &Context) -> Result<PassReport, StageError> {
    let mut report = PassReport::default();
    rescue(context, &mut report).await?;
    resend(context, &mut report).await?;
    report.published = outbox::publish(context).await?;
    record_sample(context, &report).await?;
    let PassReport { rescued, interrupted, resent, published, .. } = report;
    tracing::info!(
        rescued,
        interrupted,
        resent,
        published,
        "reconcile recovered {rescued} stale leases, sent {resent} messages again and published {published} events"
    );
    Ok(report)
}

async fn rescue(context: &Context, report: &mut PassReport) -> Result<(), StageError> {
    let rules = context.configuration.recovery.lease_rules();
    loop {
        let rescued = context.rescue(&rules, ROWS).await?;
        rescued.iter().for_each(log_rescued);
        let ready: Vec<Task> = rescued.iter().filter_map(ready).collect();
        report.rescued += rescued.len();
        report.interrupted += rescued.len() - ready.len();
        context.send(&ready).await?;
        if rescued.len() < ROWS as usize {
            return Ok(());
        }
    }
}

const fn ready(rescued: &Rescued) -> Option<Task> {
    match &rescued.outcome {
        RescueOutcome::Resent(task) => Some(*task),
        RescueOutcome::Interrupted => None,
    }
}

fn log_rescued(rescued: &Rescued) {
    let (scan, stage, idle) = (rescued.scan, rescued.stage, rescued.idle.as_secs());
    let (generation, range) = rescued.range.unzip();
    let work = range.map_or_else(|| format!("{stage} of scan {scan}"), |range| format!("range {range} of scan {scan}"));
    let outcome = match rescued.outcome {
        RescueOutcome::Resent(_) => "it waits again",
        RescueOutcome::Interrupted => "it lost too many workers and is FAILED",
    };
    let code = FailureCode::WorkerLost.as_str();
    tracing::warn!(code, scan, generation, range, "{work} had no heartbeat for {idle} s: {outcome}");
}

async fn resend(context: &Context, report: &mut PassReport) -> Result<(), StageError> {
    let after = Duration::from_secs(context.configuration.recovery.resend_after_seconds);
    loop {
        let ready = context.resend(after, ROWS).await?;
        for task in &ready {
            let (code, scan) = (FailureCode::MessageLost.as_str(), task.scan());
            tracing::warn!(code, scan, "the message for {task} counts as lost and is sent again");
        }
        report.resent += ready.len();
        context.send(&ready).await?;
        if ready.len() < ROWS as usize {
            return Ok(());
        }
    }
}

async fn record_sample(context: &Context, report: &PassReport) -> Result<(), StageError> {
    let sample = context.record_sample(report.rescued as i32, report.resent as i32).await?;
    emit(
        context.function,
        &[
            (Metric::StuckFound, report.rescued as f64),
            (Metric::Resent, report.resent as f64),
            (Metric::Failures, report.interrupted as f64),
            (Metric::OldestMessageSeconds, sample.oldest_message_seconds),
        ],
    );
    Ok(())
}

/// Goes through the upload bucket from where the last sweep ended, as far as the time allows.
async fn sweep_uploads(context: &Context, deadline: Deadline) -> Result<PassReport, StageError> {
    let mut announced = 0;
    loop {
        let after = context.catalog.cursor(UPLOADS_CURSOR).await?;
        let page = context.objects.list_uploads(after.as_deref(), UPLOADS).await?;
        for key in lost(context, &page).await? {
            let code = FailureCode::EventLost.as_str();
            tracing::warn!(code, %key, "upload {key} has no scan and is announced to intake again");
            context.announce_upload(&key).await?;
            announced += 1;
        }
        let next = if page.len() < UPLOADS { None } else { page.last().map(|listed| listed.key.as_str()) };
        context.save_cursor(UPLOADS_CURSOR, next).await?;
        if next.is_none() || deadline.remaining() < TIME_FOR_UPLOADS {
            emit(context.function, &[(Metric::LostEvents, announced as f64)]);
            tracing::info!(announced, "the sweep of the uploads found {announced} uploads without a scan");
            return Ok(PassReport { announced, ..PassReport::default() });
        }
    }
}

/// The uploads that have no scan although they are old enough.
async fn lost(context: &Context, page: &[ListedUpload]) -> Result<Vec<UploadKey>, StageError> {
    let age = Duration::from_secs(context.configuration.recovery.upload_sweep_age_seconds);
    let is_old = |listed: &&ListedUpload| OffsetDateTime::now_utc() - listed.last_modified >= age;
    let old: Vec<&ListedUpload> = page.iter().filter(is_old).collect();
    Ok(context.catalog.unrecorded_uploads(&context.configuration.addresses.upload_bucket, &old).await?)
}

/// Removes the objects of attempts that lost their worker or were superseded.
async fn sweep_results(context: &Context, deadline: Deadline) -> Result<PassReport, StageError> {
    let removed = sweep::<Work>(context, deadline).await? + sweep::<Results>(context, deadline).await?;
    tracing::info!(removed, "the sweep of the results removed {removed} attempts");
    Ok(PassReport { removed, ..PassReport::default() })
}

async fn sweep<K: AttemptKind>(context: &Context, deadline: Deadline) -> Result<usize, StageError> {
    let (mut removed, mut next) = (0, None::<AttemptPrefix<K>>);
    loop {
        let page = context.objects.list_attempts(next.as_ref(), ATTEMPTS).await?;
        for attempt in dead(context, &page.attempts).await? {
            context.delete_attempt(&attempt).await?;
            tracing::info!(scan = attempt.scan(), "{attempt} was removed: no row names this attempt");
            removed += 1;
        }
        next = page.next;
        if next.is_none() || deadline.remaining() < TIME_FOR_ATTEMPTS {
            return Ok(removed);
        }
    }
}

/// The attempts that no row names although they are old enough.
async fn dead<K: AttemptKind>(
    context: &Context,
    page: &[ListedAttempt<K>],
) -> Result<Vec<AttemptPrefix<K>>, StageError> {
    let age = Duration::from_secs(context.configuration.recovery.result_sweep_age_seconds);
    let is_old = |attempt: &&ListedAttempt<K>| OffsetDateTime::now_utc() - attempt.last_modified >= age;
    let old: Vec<AttemptPrefix<K>> = page.iter().filter(is_old).map(|attempt| attempt.prefix).collect();
    let live = context.catalog.live_attempts(&old).await?;
    Ok(old.into_iter().filter(|attempt| !live.contains(attempt)).collect())
}
