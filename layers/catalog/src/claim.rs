//! Claims: taking a row for one attempt.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::lease::{Lease, LeaseRules, WORKER_STOPPED};
use crate::skipped::{SkippedPage, skipped_pages};
use crate::state::{ScanState, settle};
use domain::{FailureCode, RangeStatus, ScanId, Stage, Status, Task};
use time::OffsetDateTime;
use uuid::Uuid;

/// The answer to a claim.
#[derive(Clone, PartialEq, Debug)]
#[must_use]
pub enum Claim<T> {
    /// The caller has the row now, and works on it.
    Claimed(T),
    /// Another worker has the row. Delete the message: the lease protects the row, and `reconcile` recovers it if the
    /// lease goes stale.
    Busy,
    /// This stage is over. Send these tasks, because the worker that finished it may have died before it sent them.
    /// Then delete the message.
    Done(Vec<Task>),
    /// The scan is deferred or waits for a person. Delete the message: another one is sent when the scan is due.
    NotDue,
    /// The row is FAILED(retries_exhausted), and the message was sent before that. Return the message, so that SQS moves
    /// it to the dead-letter queue.
    Exhausted,
    /// The lease was stale once too often: this call made the row FAILED(interrupted). Delete the message.
    Interrupted,
    /// The message is obsolete: its row failed in another way, was cancelled or superseded, is of another generation,
    /// has not reached this stage, or does not exist. Delete the message.
    Gone,
}

impl<T> Claim<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Claim<U> {
        match self {
            Self::Claimed(claimed) => Claim::Claimed(change(claimed)),
            Self::Busy => Claim::Busy,
            Self::Done(tasks) => Claim::Done(tasks),
            Self::NotDue => Claim::NotDue,
            Self::Exhausted => Claim::Exhausted,
            Self::Interrupted => Claim::Interrupted,
            Self::Gone => Claim::Gone,
        }
    }
}

/// A scan claimed for compress or split.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimedScan {
    pub lease: Lease,
    /// The key of the upload.
    pub key: String,
    /// The version of the upload that this scan is.
    pub version_id: String,
    /// The entity tag of that version, without its quotes.
    pub etag: String,
    pub size_bytes: i64,
    /// From the key or from a person.
    pub reporter: Option<String>,
    pub volume: Option<String>,
    /// Printed number of the first page.
    pub first_page: Option<i32>,
    /// The S3 prefix that compress published.
    pub work_prefix: Option<String>,
    /// The ranges of the current generation, in order.
    pub ranges: Vec<RangeResult>,
    /// In order.
    pub skipped: Vec<SkippedPage>,
}

/// Where the results of a page range are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeResult {
    /// Number of the range, from 0.
    pub number: i32,
    /// None before the range finished.
    pub result_key: Option<String>,
}

/// A page range claimed for scan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimedRange {
    pub lease: Lease,
    /// The key of the upload, for logs.
    pub key: String,
    /// Number of the range, from 0.
    pub number: i32,
    /// Index of its first page in the volume, from 0.
    pub first_index: i32,
    pub page_count: i32,
    /// The S3 key of its pages.
    pub input_key: String,
    /// Printed number of the volume's first page, if known.
    pub first_page: Option<i32>,
}

/// What a claim depends on besides the row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ClaimTerms {
    pub rules: LeaseRules,
    /// When the message was sent, by SQS's clock.
    pub sent_at: OffsetDateTime,
}

impl ClaimTerms {
    /// Whether somebody redrove the message after its row exhausted its retries. A redriven message is a new one, with
    /// a new time (AWS, "Using dead-letter queues in Amazon SQS"). A message that was sent before the failure is not a
    /// redrive, however late it arrives: `reconcile` may have sent several while the row waited.
    fn is_redrive(&self, ended_at: Option<OffsetDateTime>) -> bool {
        ended_at.is_none_or(|ended_at| self.sent_at >= ended_at + self.rules.revival_grace)
    }
}

/// Restarts a scan that exhausted its retries, if its message was redriven. Otherwise nothing is changed, and the answer
/// is false.
async fn revive(
    transaction: &mut Transaction<'_>,
    state: &ScanState,
    terms: &ClaimTerms,
) -> Result<bool, CatalogError> {
    if !terms.is_redrive(state.ended_at) {
        return Ok(false);
    }
    state.restart(transaction).await?;
    Ok(true)
}

impl Catalog {
    /// Takes a scan for one attempt of compress or split. [`Stage::Scan`] is [`CatalogError::Invalid`], because it
    /// claims page ranges.
    pub async fn claim_scan(
        &self,
        stage: Stage,
        scan: ScanId,
        terms: &ClaimTerms,
    ) -> Result<Claim<ClaimedScan>, CatalogError> {
        let mut transaction = self.begin().await?;
        let claim = claim_scan(&mut transaction, stage, scan, terms).await?;
        transaction.commit().await?;
        Ok(claim)
    }
}

pub(crate) async fn claim_scan(
    transaction: &mut Transaction<'_>,
    stage: Stage,
    scan: ScanId,
    terms: &ClaimTerms,
) -> Result<Claim<ClaimedScan>, CatalogError> {
    if stage == Stage::Scan {
        return Err(CatalogError::Invalid("The stage scan claims page ranges, not scans.".to_owned()));
    }
    match take_scan(transaction, stage, scan, terms).await? {
        Some(claim) => Ok(claim),
        None => explain_scan(transaction, stage, scan, terms).await,
    }
}

/// The claim itself: one UPDATE, if the scan waits or its lease is stale. None if neither.
async fn take_scan(
    transaction: &mut Transaction<'_>,
    stage: Stage,
    scan: ScanId,
    terms: &ClaimTerms,
) -> Result<Option<Claim<ClaimedScan>>, CatalogError> {
    let token = Uuid::new_v4();
    let row = sqlx::query!(
        r#"UPDATE scans SET
               status = CASE WHEN status = $3 AND interruptions >= $6 THEN 'FAILED' ELSE $3 END,
               interruptions = interruptions + CASE WHEN status = $3 THEN 1 ELSE 0 END,
               error_code = CASE WHEN status = $3 THEN $7 ELSE error_code END,
               error_message = CASE WHEN status = $3 THEN $8 ELSE error_message END,
               lease = $4, processing_started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
           WHERE id = $1
             AND (status = $2 AND waits_for IS NULL AND coalesce(not_before <= clock_timestamp(), true)
               OR status = $3 AND heartbeat_at < clock_timestamp() - make_interval(secs => $5))
           RETURNING status AS "status: Status", key, version_id, etag, size_bytes, reporter, volume, first_page,
               work_prefix, generation"#,
        scan,
        stage.waiting().as_str(),
        stage.busy().as_str(),
        token,
        terms.rules.stale_after.as_secs_f64(),
        terms.rules.maximum_interruptions,
        FailureCode::Interrupted.as_str(),
        WORKER_STOPPED,
    )
    .fetch_optional(transaction.executor())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.status == Status::Failed {
        return Ok(Some(Claim::Interrupted));
    }
    Ok(Some(Claim::Claimed(ClaimedScan {
        lease: Lease { scan, range: None, token, stage },
        ranges: range_results(transaction, scan, row.generation).await?,
        skipped: skipped_pages(transaction, scan).await?,
        key: row.key,
        version_id: row.version_id,
        etag: row.etag,
        size_bytes: row.size_bytes,
        reporter: row.reporter,
        volume: row.volume,
        first_page: row.first_page,
        work_prefix: row.work_prefix,
    })))
}

async fn range_results(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    generation: i32,
) -> Result<Vec<RangeResult>, CatalogError> {
    Ok(sqlx::query_as!(
        RangeResult,
        "SELECT number, result_key FROM page_ranges WHERE scan_id = $1 AND generation = $2 ORDER BY number",
        scan,
        generation,
    )
    .fetch_all(transaction.executor())
    .await?)
}

/// Why a scan could not be claimed.
async fn explain_scan(
    transaction: &mut Transaction<'_>,
    stage: Stage,
    scan: ScanId,
    terms: &ClaimTerms,
) -> Result<Claim<ClaimedScan>, CatalogError> {
    let Some(state) = ScanState::lock(transaction, scan).await? else { return Ok(Claim::Gone) };
    if state.is_exhausted(stage) {
        if !revive(transaction, &state, terms).await? {
            return Ok(Claim::Exhausted);
        }
        return Ok(take_scan(transaction, stage, scan, terms).await?.unwrap_or(Claim::NotDue));
    }
    if state.status == stage.waiting() {
        // Either it is not due, or it began to wait after the first try. The row is locked now.
        return Ok(take_scan(transaction, stage, scan, terms).await?.unwrap_or(Claim::NotDue));
    }
    if state.status == stage.busy() {
        return Ok(Claim::Busy);
    }
    explain_other_stage(transaction, stage, &state).await
}

/// The answer to a message whose stage is over or has not begun.
async fn explain_other_stage(
    transaction: &mut Transaction<'_>,
    stage: Stage,
    state: &ScanState,
) -> Result<Claim<ClaimedScan>, CatalogError> {
    match (stage, state.status) {
        (Stage::Compress, Status::Compressed | Status::Scanning) => Ok(Claim::Done(state.ready(transaction).await?)),
        (Stage::Compress, Status::Scanned | Status::Splitting) | (_, Status::PendingReview | Status::Approved) => {
            Ok(Claim::Done(Vec::new()))
        }
        _ => Ok(Claim::Gone),
    }
}

#[derive(Clone, Copy)]
pub(crate) struct RangeId {
    pub(crate) scan: ScanId,
    pub(crate) generation: i32,
    pub(crate) number: i32,
}

impl Catalog {
    /// Takes a page range for one attempt of scan. The first claim of a generation makes the scan SCANNING.
    pub async fn claim_range(
        &self,
        scan: ScanId,
        generation: i32,
        number: i32,
        terms: &ClaimTerms,
    ) -> Result<Claim<ClaimedRange>, CatalogError> {
        let mut transaction = self.begin().await?;
        let claim = claim_range(&mut transaction, RangeId { scan, generation, number }, terms).await?;
        transaction.commit().await?;
        Ok(claim)
    }
}

pub(crate) async fn claim_range(
    transaction: &mut Transaction<'_>,
    range_id: RangeId,
    terms: &ClaimTerms,
) -> Result<Claim<ClaimedRange>, CatalogError> {
    let Some(state) = ScanState::lock(transaction, range_id.scan).await? else { return Ok(Claim::Gone) };
    if state.generation != range_id.generation {
        return Ok(Claim::Gone);
    }
    match state.status {
        Status::Compressed | Status::Scanning => claim_of_scanning(transaction, range_id, &state, terms).await,
        Status::Scanned => Ok(Claim::Done(state.ready(transaction).await?)),
        Status::Splitting | Status::PendingReview | Status::Approved => Ok(Claim::Done(Vec::new())),
        Status::Failed if state.is_exhausted(Stage::Scan) => {
            claim_of_exhausted(transaction, range_id, &state, terms).await
        }
        _ => Ok(Claim::Gone),
    }
}

async fn claim_of_scanning(
    transaction: &mut Transaction<'_>,
    range_id: RangeId,
    state: &ScanState,
    terms: &ClaimTerms,
) -> Result<Claim<ClaimedRange>, CatalogError> {
    if let Some(claim) = take_range(transaction, range_id, state, terms).await? {
        return Ok(claim);
    }
    let Some(range) = UnclaimedRange::get(transaction, range_id).await? else { return Ok(Claim::Gone) };
    match range.status {
        RangeStatus::Waiting => Ok(Claim::NotDue),
        RangeStatus::Scanning => Ok(Claim::Busy),
        RangeStatus::Finished => Ok(Claim::Done(Vec::new())),
        RangeStatus::Failed if !range.is_exhausted() => Ok(Claim::Gone),
        RangeStatus::Failed if !terms.is_redrive(range.ended_at) => Ok(Claim::Exhausted),
        RangeStatus::Failed => {
            restart_range(transaction, range_id).await?;
            Ok(take_range(transaction, range_id, state, terms).await?.unwrap_or(Claim::NotDue))
        }
    }
}

/// The scan failed because its ranges exhausted their retries. Only the message of such a range revives it, not a late
/// duplicate of a message whose range finished.
async fn claim_of_exhausted(
    transaction: &mut Transaction<'_>,
    range_id: RangeId,
    state: &ScanState,
    terms: &ClaimTerms,
) -> Result<Claim<ClaimedRange>, CatalogError> {
    match UnclaimedRange::get(transaction, range_id).await? {
        Some(range) if range.is_exhausted() => {
            if !revive(transaction, state, terms).await? {
                return Ok(Claim::Exhausted);
            }
            let Some(revived) = ScanState::lock(transaction, range_id.scan).await? else { return Ok(Claim::Gone) };
            Ok(take_range(transaction, range_id, &revived, terms).await?.unwrap_or(Claim::NotDue))
        }
        Some(range) if range.status == RangeStatus::Finished => Ok(Claim::Done(Vec::new())),
        _ => Ok(Claim::Gone),
    }
}

/// The claim itself: one UPDATE, if the range waits or its lease is stale. None if neither. The caller holds the scan's
/// row.
async fn take_range(
    transaction: &mut Transaction<'_>,
    range_id: RangeId,
    state: &ScanState,
    terms: &ClaimTerms,
) -> Result<Option<Claim<ClaimedRange>>, CatalogError> {
    let token = Uuid::new_v4();
    let row = sqlx::query!(
        r#"UPDATE page_ranges SET
               status = CASE WHEN page_ranges.status = 'SCANNING' AND interruptions >= $6
                        THEN 'FAILED' ELSE 'SCANNING' END,
               interruptions = interruptions + CASE WHEN status = 'SCANNING' THEN 1 ELSE 0 END,
               error_code = CASE WHEN status = 'SCANNING' THEN $8 ELSE error_code END,
               error_message = CASE WHEN status = 'SCANNING' THEN $9 ELSE error_message END,
               lease = $4, processing_started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
           WHERE scan_id = $1 AND generation = $2 AND number = $3
             AND (status = 'WAITING' AND $7
               OR status = 'SCANNING' AND heartbeat_at < clock_timestamp() - make_interval(secs => $5))
           RETURNING status AS "status: RangeStatus", first_index, page_count, input_key"#,
        range_id.scan,
        range_id.generation,
        range_id.number,
        token,
        terms.rules.stale_after.as_secs_f64(),
        terms.rules.maximum_interruptions,
        state.due,
        FailureCode::Interrupted.as_str(),
        WORKER_STOPPED,
    )
    .fetch_optional(transaction.executor())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.status == RangeStatus::Failed {
        settle(transaction, range_id.scan).await?;
        return Ok(Some(Claim::Interrupted));
    }
    let scan = begin_scanning(transaction, state).await?;
    Ok(Some(Claim::Claimed(ClaimedRange {
        lease: Lease {
            scan: range_id.scan,
            range: Some((range_id.generation, range_id.number)),
            token,
            stage: Stage::Scan,
        },
        key: scan.key,
        number: range_id.number,
        first_index: row.first_index,
        page_count: row.page_count,
        input_key: row.input_key,
        first_page: scan.first_page,
    })))
}

struct ScanOfRange {
    key: String,
    first_page: Option<i32>,
}

/// Makes the scan SCANNING if this is the first range to be claimed.
async fn begin_scanning(transaction: &mut Transaction<'_>, state: &ScanState) -> Result<ScanOfRange, CatalogError> {
    if state.status == Status::Compressed {
        sqlx::query!("UPDATE scans SET status = 'SCANNING' WHERE id = $1", state.scan)
            .execute(transaction.executor())
            .await?;
    }
    Ok(sqlx::query_as!(ScanOfRange, "SELECT key, first_page FROM scans WHERE id = $1", state.scan)
        .fetch_one(transaction.executor())
        .await?)
}

struct UnclaimedRange {
    status: RangeStatus,
    error_code: Option<String>,
    ended_at: Option<OffsetDateTime>,
}

impl UnclaimedRange {
    async fn get(transaction: &mut Transaction<'_>, range_id: RangeId) -> Result<Option<Self>, CatalogError> {
        Ok(sqlx::query_as!(
            Self,
            r#"SELECT status AS "status: RangeStatus", error_code, finished_at AS ended_at
               FROM page_ranges WHERE scan_id = $1 AND generation = $2 AND number = $3"#,
            range_id.scan,
            range_id.generation,
            range_id.number,
        )
        .fetch_optional(transaction.executor())
        .await?)
    }

    fn is_exhausted(&self) -> bool {
        self.status == RangeStatus::Failed && self.error_code.as_deref() == Some(FailureCode::RetriesExhausted.as_str())
    }
}

async fn restart_range(transaction: &mut Transaction<'_>, range_id: RangeId) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE page_ranges SET status = 'WAITING', attempts = 0, interruptions = 0
         WHERE scan_id = $1 AND generation = $2 AND number = $3",
        range_id.scan,
        range_id.generation,
        range_id.number,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}
