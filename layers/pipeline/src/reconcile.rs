//! `reconcile`: repairs what nobody is working on. Each row is checked again in the statement that changes it, so running
//! this twice at once, or in the middle of normal work, changes nothing wrongly.

use crate::configuration::Recovery;
use crate::context::Context;
use crate::deadline::Deadline;
use crate::error::StageError;
use crate::metrics::Metric;
use crate::outbox;
use catalog::{AbandonedAttempt, Catalog, RescueOutcome, Rescued};
use domain::{FailureCode, ListedUpload, Task, UploadKey};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// The most rows that one statement changes, so that none holds its locks for long.
const ROWS: i64 = 100;

/// S3 lists a thousand keys at once (AWS, ListObjectsV2).
const UPLOADS: usize = 1000;

/// The name of the cursor where the sweep of the uploads continues.
const UPLOADS_CURSOR: &str = "sweep_uploads";

/// Time that a sweep keeps for one more page of uploads.
const TIME_FOR_UPLOADS: Duration = Duration::from_secs(10);

/// Time that a sweep keeps for one more attempt, which may have thousands of objects.
const TIME_FOR_AN_ATTEMPT: Duration = Duration::from_secs(20);

/// Time that a pass keeps for what follows the next hundred rows.
const TIME_FOR_ROWS: Duration = Duration::from_secs(10);

/// Time that a person's pass may take.
const TIME_FOR_A_PERSON: Duration = Duration::from_secs(120);

/// The most rows that a rehearsal names. Its transaction holds their locks.
const REHEARSED: i64 = 10_000;

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
        ReconcileRequest::Reconcile => reconcile(context, deadline).await,
        ReconcileRequest::SweepUploads => sweep_uploads(context, deadline).await,
        ReconcileRequest::SweepResults => sweep_results(context, deadline).await,
    }
}

/// What one pass changed, or would change.
#[derive(Debug, Clone, Default)]
pub struct Pass {
    /// Busy rows whose lease was stale.
    pub rescued: Vec<Rescued>,
    /// The tasks of waiting rows whose message was sent again.
    pub resent: Vec<Task>,
    /// Ends of scans that were published.
    pub published: usize,
}

impl Pass {
    fn report(&self) -> PassReport {
        PassReport {
            rescued: self.rescued.len(),
            interrupted: self.rescued.iter().filter(|rescued| ready(rescued).is_none()).count(),
            resent: self.resent.len(),
            published: self.published,
            ..PassReport::default()
        }
    }
}

/// One pass, now, for a person.
///
/// # Errors
/// As [`run`].
pub async fn by_hand(context: &Context) -> Result<Pass, StageError> {
    pass(context, Deadline::new(SystemTime::now() + TIME_FOR_A_PERSON, Duration::ZERO)).await
}

/// What a pass would do now, by the same statements. Nothing is changed and nothing is sent.
///
/// # Errors
/// When the database does not answer.
pub async fn rehearse(catalog: &Catalog, recovery: &Recovery) -> Result<Pass, StageError> {
    let catalog = catalog.rehearsing();
    let rescued = catalog.rescue(&recovery.lease_rules(), REHEARSED).await?;
    let resent = catalog.resend(Duration::from_secs(recovery.resend_after_seconds), REHEARSED).await?;
    let published = catalog.unsent_events(&[], REHEARSED).await?.len();
    Ok(Pass { rescued, resent, published })
}

async fn pass(context: &Context, deadline: Deadline) -> Result<Pass, StageError> {
    let rescued = rescue(context, deadline).await?;
    let resent = resend(context, deadline).await?;
    Ok(Pass { rescued, resent, published: outbox::publish(context).await? })
}

async fn reconcile(context: &Context, deadline: Deadline) -> Result<PassReport, StageError> {
    let report = pass(context, deadline).await?.report();
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

async fn rescue(context: &Context, deadline: Deadline) -> Result<Vec<Rescued>, StageError> {
    let mut all = Vec::new();
    let rules = context.configuration.recovery.lease_rules();
    loop {
        let rescued = context.rescue(&rules, ROWS).await?;
        rescued.iter().for_each(log_rescued);
        let ready: Vec<Task> = rescued.iter().filter_map(ready).collect();
        context.send(&ready).await?;
        let is_last = rescued.len() < ROWS as usize;
        all.extend(rescued);
        if is_last || deadline.remaining() < TIME_FOR_ROWS {
            return Ok(all);
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

async fn resend(context: &Context, deadline: Deadline) -> Result<Vec<Task>, StageError> {
    let mut all = Vec::new();
    let after = Duration::from_secs(context.configuration.recovery.resend_after_seconds);
    loop {
        let ready = context.resend(after, ROWS).await?;
        for task in &ready {
            let (code, scan) = (FailureCode::MessageLost.as_str(), task.scan());
            tracing::warn!(code, scan, "the message for {task} counts as lost and is sent again");
        }
        if let Err(error) = context.send(&ready).await {
            // Some may be sent nevertheless. A message too many does nothing; one too few makes a scan wait.
            context.catalog.take_back_resend(&ready).await?;
            return Err(error.into());
        }
        let is_last = ready.len() < ROWS as usize;
        all.extend(ready);
        if is_last || deadline.remaining() < TIME_FOR_ROWS {
            return Ok(all);
        }
    }
}

async fn record_sample(context: &Context, report: &PassReport) -> Result<(), StageError> {
    let sample = context.record_sample(report.rescued as i32, report.resent as i32).await?;
    context.emit(&[
        (Metric::StuckFound, report.rescued as f64),
        (Metric::Resent, report.resent as f64),
        (Metric::OldestMessageSeconds, sample.oldest_message_seconds),
    ]);
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
            context.emit(&[(Metric::LostEvents, announced as f64)]);
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
    Ok(context.catalog.unrecorded_uploads(&context.configuration.addresses.buckets.uploads, &old).await?)
}

/// Removes the objects of attempts that were given back, lost their worker or were superseded, and rows that nobody looks
/// at any more. The database says which attempts these are, so objects that it does not know are left alone.
async fn sweep_results(context: &Context, deadline: Deadline) -> Result<PassReport, StageError> {
    let age = Duration::from_secs(context.configuration.recovery.result_sweep_age_seconds);
    let mut removed = 0;
    loop {
        let abandoned = context.catalog.abandoned_attempts(age, ROWS).await?;
        for attempt in &abandoned {
            if deadline.remaining() < TIME_FOR_AN_ATTEMPT {
                return Ok(PassReport { removed, ..PassReport::default() });
            }
            remove(context, attempt).await?;
            removed += 1;
        }
        if abandoned.len() < ROWS as usize {
            break;
        }
    }
    let pruned = context.prune().await?;
    tracing::info!(removed, pruned, "the sweep of the results removed {removed} attempts and {pruned} old rows");
    Ok(PassReport { removed, ..PassReport::default() })
}

async fn remove(context: &Context, attempt: &AbandonedAttempt) -> Result<(), StageError> {
    let AbandonedAttempt { scan, stage, token } = *attempt;
    let objects = context.delete_files(attempt).await?;
    context.mark_removed(token).await?;
    tracing::info!(scan, objects, "{objects} objects of an abandoned attempt of {stage} of scan {scan} were removed");
    Ok(())
}
