//! The state of a scan's row, locked.
//!
//! Whoever changes a scan and its ranges locks the scan's row first: then no two such transactions wait for each other
//! in a circle, and what one counts the other cannot change. The lock is FOR NO KEY UPDATE, which excludes its like but
//! not the foreign keys of events that are being written.

use crate::CatalogError;
use crate::connection::Work;
use domain::{FailureCode, ScanId, Stage, Status, WaitsFor};

/// A scan's row as far as decisions need it.
#[derive(Debug)]
pub(crate) struct ScanState {
    pub(crate) scan: ScanId,
    pub(crate) status: Status,
    pub(crate) failed_stage: Option<Stage>,
    pub(crate) waits_for: Option<WaitsFor>,
    pub(crate) generation: i32,
    pub(crate) is_large: bool,
    pub(crate) error_code: Option<String>,
    pub(crate) superseded_by: Option<ScanId>,
    /// Not deferred.
    pub(crate) due: bool,
    /// Seconds since it ended.
    pub(crate) seconds_since_end: Option<f64>,
}

impl ScanState {
    /// Locks the row until the transaction ends.
    pub(crate) async fn lock(work: &mut Work<'_>, scan: ScanId) -> Result<Option<Self>, CatalogError> {
        // The time is read outside the locking query: inside, it might be computed before the wait for the lock.
        let found = sqlx::query_scalar!("SELECT id FROM scans WHERE id = $1 FOR NO KEY UPDATE", scan)
            .fetch_optional(work.on())
            .await?;
        if found.is_none() {
            return Ok(None);
        }
        let state = sqlx::query_as!(
            Self,
            r#"SELECT id AS scan, status AS "status: Status", failed_stage AS "failed_stage: Stage",
                   waits_for AS "waits_for: WaitsFor", generation, is_large, error_code, superseded_by,
                   coalesce(not_before <= clock_timestamp(), true) AS "due!",
                   extract(epoch FROM clock_timestamp() - finished_at)::float8 AS seconds_since_end
               FROM scans WHERE id = $1"#,
            scan,
        )
        .fetch_one(work.on())
        .await?;
        Ok(Some(state))
    }

    /// Locks the row of a scan that an operator named.
    pub(crate) async fn lock_named(work: &mut Work<'_>, scan: ScanId) -> Result<Self, CatalogError> {
        Self::lock(work, scan).await?.ok_or(CatalogError::Unknown(scan))
    }

    pub(crate) fn refuse(&self, reason: &str) -> CatalogError {
        CatalogError::Refused { scan: self.scan, status: self.status, reason: reason.to_owned() }
    }

    /// Whether it ended because this stage was tried as often as allowed; a message may revive such a scan.
    pub(crate) fn is_exhausted(&self, stage: Stage) -> bool {
        self.status == Status::Failed
            && self.failed_stage == Some(stage)
            && self.superseded_by.is_none()
            && self.error_code.as_deref() == Some(FailureCode::RetriesExhausted.as_str())
    }
}

/// Writes an event that no trigger writes: what an operator did.
pub(crate) async fn tell(
    work: &mut Work<'_>,
    scan: ScanId,
    kind: &str,
    detail: serde_json::Value,
) -> Result<(), CatalogError> {
    sqlx::query!("INSERT INTO scan_events (scan_id, kind, detail) VALUES ($1, $2, $3)", scan, kind, detail)
        .execute(work.on())
        .await?;
    Ok(())
}

/// Stamps whatever of a scan waits: its message is being sent now.
pub(crate) async fn stamp(work: &mut Work<'_>, scan: ScanId) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE scans SET dispatched_at = clock_timestamp(), dispatches = 1, updated_at = clock_timestamp()
         WHERE id = $1 AND status IN ('UPLOADED', 'COMPRESSED', 'SCANNED')",
        scan,
    )
    .execute(work.on())
    .await?;
    sqlx::query!(
        "UPDATE page_ranges SET dispatched_at = clock_timestamp(), dispatches = 1
         FROM scans WHERE scans.id = $1 AND scan_id = scans.id AND page_ranges.generation = scans.generation
             AND page_ranges.status = 'WAITING'",
        scan,
    )
    .execute(work.on())
    .await?;
    Ok(())
}

/// Takes the ranges of a scan from whoever works on them; the caller holds the scan's row.
pub(crate) async fn take_ranges_back(work: &mut Work<'_>, scans: &[ScanId]) -> Result<(), CatalogError> {
    sqlx::query!("UPDATE page_ranges SET status = 'WAITING' WHERE scan_id = ANY($1) AND status = 'SCANNING'", scans,)
        .execute(work.on())
        .await?;
    Ok(())
}
