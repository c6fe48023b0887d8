//! The state of a scan and its page ranges, under the lock of the scan's row.
//!
//! Every transaction that changes a scan and its ranges locks the scan's row first. So no two of them deadlock, and
//! what one counts the other cannot change. The lock is FOR NO KEY UPDATE: it excludes its like, but not the foreign
//! keys of events that are being written.

use crate::connection::Transaction;
use crate::error::CatalogError;
use domain::{FailureCode, ScanId, Stage, Status, Task, WaitsFor};
use time::OffsetDateTime;

pub(crate) const SUPERSEDED: &str = "A newer upload of the same key replaced it.";

/// The columns of a scan's row on which decisions depend.
#[derive(Debug)]
pub(crate) struct ScanState {
    pub(crate) scan: ScanId,
    pub(crate) status: Status,
    pub(crate) failed_stage: Option<Stage>,
    pub(crate) waits_for: Option<WaitsFor>,
    pub(crate) generation: i32,
    pub(crate) is_large: bool,
    pub(crate) is_bulk: bool,
    pub(crate) error_code: Option<String>,
    pub(crate) superseded_by: Option<ScanId>,
    /// Not deferred.
    pub(crate) due: bool,
    pub(crate) ended_at: Option<OffsetDateTime>,
}

impl ScanState {
    /// Locks the row until the transaction ends.
    pub(crate) async fn lock(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Option<Self>, CatalogError> {
        // Two statements, because PostgreSQL might compute the times of one statement before it waits for the lock.
        let found = sqlx::query_scalar!("SELECT id FROM scans WHERE id = $1 FOR NO KEY UPDATE", scan)
            .fetch_optional(transaction.executor())
            .await?;
        if found.is_none() {
            return Ok(None);
        }
        let state = sqlx::query_as!(
            Self,
            r#"SELECT id AS scan, status AS "status: Status", failed_stage AS "failed_stage: Stage",
                   waits_for AS "waits_for: WaitsFor", generation, is_large, is_bulk, error_code,
                   superseded_by,
                   coalesce(not_before <= clock_timestamp(), true) AS "due!", finished_at AS ended_at
               FROM scans WHERE id = $1"#,
            scan,
        )
        .fetch_one(transaction.executor())
        .await?;
        Ok(Some(state))
    }

    /// Locks the row of a scan that must exist.
    pub(crate) async fn lock_existing(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Self, CatalogError> {
        Self::lock(transaction, scan).await?.ok_or(CatalogError::Unknown(scan))
    }

    /// The answer to an action that this state does not allow. `reason` is a full sentence.
    pub(crate) fn refuse(&self, reason: &str) -> CatalogError {
        CatalogError::Refused { scan: self.scan, status: self.status, reason: reason.to_owned() }
    }

    /// Whether a person may start the scan again. A superseded scan is refused, because the key has another file now.
    pub(crate) fn require_restartable(&self) -> Result<(), CatalogError> {
        if !matches!(self.status, Status::Failed | Status::Cancelled) {
            return Err(self.refuse("Only a scan that is FAILED or CANCELLED can be started again."));
        }
        if self.superseded_by.is_some() {
            return Err(self.refuse(SUPERSEDED));
        }
        Ok(())
    }

    /// Whether the scan failed because this stage was tried as often as allowed. A message may revive such a scan.
    pub(crate) fn is_exhausted(&self, stage: Stage) -> bool {
        self.status == Status::Failed
            && self.failed_stage == Some(stage)
            && self.superseded_by.is_none()
            && self.error_code.as_deref() == Some(FailureCode::RetriesExhausted.as_str())
    }

    /// The tasks for which a scan in this state waits: none while it is deferred or waits for a person. The caller
    /// sends them right after the commit.
    pub(crate) async fn ready(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Task>, CatalogError> {
        if !self.due || self.waits_for.is_some() {
            return Ok(Vec::new());
        }
        match self.status {
            Status::Uploaded => Ok(vec![Task::Compress { scan: self.scan, is_bulk: self.is_bulk }]),
            Status::Compressed | Status::Scanning => self.ready_ranges(transaction).await,
            Status::Scanned => Ok(vec![Task::Split { scan: self.scan }]),
            _ => Ok(Vec::new()),
        }
    }

    async fn ready_ranges(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Task>, CatalogError> {
        let numbers = sqlx::query_scalar!(
            "SELECT number FROM page_ranges
             WHERE scan_id = $1 AND generation = $2 AND status = 'WAITING' ORDER BY number",
            self.scan,
            self.generation,
        )
        .fetch_all(transaction.executor())
        .await?;
        let (scan, generation, is_large) = (self.scan, self.generation, self.is_large);
        Ok(numbers.into_iter().map(|range| Task::Scan { scan, generation, range, is_large }).collect())
    }

    /// Puts a FAILED or CANCELLED scan back to the status in which its stage waits, with fresh counts. Finished ranges
    /// stay finished.
    pub(crate) async fn restart(&self, transaction: &mut Transaction<'_>) -> Result<(), CatalogError> {
        self.restart_at(transaction, self.failed_stage.unwrap_or(Stage::Compress)).await
    }

    /// As [`ScanState::restart`], to the status in which the given stage waits.
    pub(crate) async fn restart_at(&self, transaction: &mut Transaction<'_>, stage: Stage) -> Result<(), CatalogError> {
        sqlx::query!(
            "UPDATE scans SET status = $2, attempts = 0, interruptions = 0, returns = 0 WHERE id = $1",
            self.scan,
            stage.waiting().as_str(),
        )
        .execute(transaction.executor())
        .await?;
        sqlx::query!(
            "UPDATE page_ranges SET status = 'WAITING', attempts = 0, interruptions = 0,
                 dispatched_at = clock_timestamp(), dispatches = 1
             WHERE scan_id = $1 AND generation = $2 AND status IN ('FAILED', 'WAITING')",
            self.scan,
            self.generation,
        )
        .execute(transaction.executor())
        .await?;
        Ok(())
    }
}

/// The tasks for which a scan waits now; see [`ScanState::ready`].
pub(crate) async fn ready(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
    match ScanState::lock(transaction, scan).await? {
        Some(state) => state.ready(transaction).await,
        None => Ok(Vec::new()),
    }
}

/// Writes an event that no trigger writes: what an operator did.
pub(crate) async fn record_event(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    kind: &str,
    detail: serde_json::Value,
) -> Result<(), CatalogError> {
    sqlx::query!("INSERT INTO scan_events (scan_id, kind, detail) VALUES ($1, $2, $3)", scan, kind, detail)
        .execute(transaction.executor())
        .await?;
    Ok(())
}

/// Notes that the messages for the waiting parts of a scan are being sent now.
pub(crate) async fn mark_dispatched(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE scans SET dispatched_at = clock_timestamp(), dispatches = 1, updated_at = clock_timestamp()
         WHERE id = $1 AND status IN ('UPLOADED', 'COMPRESSED', 'SCANNED')",
        scan,
    )
    .execute(transaction.executor())
    .await?;
    sqlx::query!(
        "UPDATE page_ranges SET dispatched_at = clock_timestamp(), dispatches = 1
         FROM scans WHERE scans.id = $1 AND scan_id = scans.id AND page_ranges.generation = scans.generation
             AND page_ranges.status = 'WAITING'",
        scan,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

/// Ends the leases of these scans' ranges, which wait again. The caller holds the scans' rows.
pub(crate) async fn release_ranges(transaction: &mut Transaction<'_>, scans: &[ScanId]) -> Result<(), CatalogError> {
    sqlx::query!("UPDATE page_ranges SET status = 'WAITING' WHERE scan_id = ANY($1) AND status = 'SCANNING'", scans)
        .execute(transaction.executor())
        .await?;
    Ok(())
}

/// Makes a scan SCANNED or FAILED if its last range ended, and returns the tasks that are ready then.
///
/// The caller holds the scan's row. So the count includes every change, and exactly one transaction sees that the last
/// range ended.
pub(crate) async fn settle(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
    let count = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE ranges.status IN ('WAITING', 'SCANNING')) AS "open!",
               coalesce(array_agg(number ORDER BY number) FILTER (WHERE ranges.status = 'FAILED'), '{}') AS "failed!"
           FROM page_ranges AS ranges JOIN scans ON scans.id = scan_id AND scans.generation = ranges.generation
           WHERE scans.id = $1 AND scans.status = 'SCANNING'"#,
        scan,
    )
    .fetch_one(transaction.executor())
    .await?;
    match (count.open, count.failed.as_slice()) {
        (0, []) => become_scanned(transaction, scan).await,
        (0, failed) => {
            become_failed(transaction, scan, failed).await?;
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

async fn become_scanned(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
    sqlx::query!(
        "UPDATE scans SET status = 'SCANNED', attempts = 0, interruptions = 0, error_code = NULL, error_message = NULL,
             waits_for = CASE WHEN reporter IS NULL OR volume IS NULL OR first_page IS NULL THEN 'metadata' END
         WHERE id = $1 AND status = 'SCANNING'",
        scan,
    )
    .execute(transaction.executor())
    .await?;
    match ScanState::lock(transaction, scan).await? {
        Some(state) if state.status == Status::Scanned => state.ready(transaction).await,
        _ => Ok(Vec::new()),
    }
}

/// The scan takes over the failure of one range: a failure of the input first, then an interruption, then an exhausted
/// retry. So the scan is `retries_exhausted`, and a message can revive it, only if every failed range is.
async fn become_failed(transaction: &mut Transaction<'_>, scan: ScanId, failed: &[i32]) -> Result<(), CatalogError> {
    let numbers: Vec<String> = failed.iter().map(i32::to_string).collect();
    let ranges = if failed.len() == 1 { "Page range" } else { "Page ranges" };
    sqlx::query!(
        "UPDATE scans SET status = 'FAILED', error_code = worst.error_code,
             error_message = concat_ws(' ', $3::text, worst.error_message)
         FROM (
             SELECT ranges.error_code, ranges.error_message
             FROM page_ranges AS ranges JOIN scans ON scans.id = scan_id AND scans.generation = ranges.generation
             WHERE scan_id = $1 AND number = ANY($2)
             ORDER BY array_position($4::text[], ranges.error_code) NULLS FIRST, number
             LIMIT 1
         ) AS worst
         WHERE id = $1 AND status = 'SCANNING'",
        scan,
        failed,
        format!("{ranges} {} failed.", numbers.join(", ")),
        &[FailureCode::Interrupted, FailureCode::RetriesExhausted].map(|code| code.as_str().to_owned()),
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}
