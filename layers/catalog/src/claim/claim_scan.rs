//! Claims of compress and split.

use super::revive::revive;
use crate::attempt::WORKER_STOPPED;
use crate::connection::Work;
use crate::ready::ready;
use crate::state::ScanState;
use crate::{Catalog, CatalogError, Claim, ClaimedScan, Lease, LeaseRules, RangeResult};
use domain::{FailureCode, ScanId, Stage, Status};
use uuid::Uuid;

impl Catalog {
    /// Takes a scan for one attempt of compress or split. [`Stage::Scan`] is [`CatalogError::Invalid`]: its leases are
    /// the ranges'.
    pub async fn claim_scan(
        &self,
        stage: Stage,
        scan: ScanId,
        rules: &LeaseRules,
    ) -> Result<Claim<ClaimedScan>, CatalogError> {
        if stage == Stage::Scan {
            return Err(CatalogError::Invalid("scan claims page ranges, not scans".to_owned()));
        }
        let mut work = self.begin().await?;
        let claim = match take(&mut work, stage, scan, rules).await? {
            Some(claim) => claim,
            None => look(&mut work, stage, scan, rules).await?,
        };
        work.commit().await?;
        Ok(claim)
    }
}

/// The claim itself: one UPDATE, from waiting or over a stale lease. None if the row is neither.
async fn take(
    work: &mut Work<'_>,
    stage: Stage,
    scan: ScanId,
    rules: &LeaseRules,
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
           RETURNING status AS "status: Status", key, version_id, reporter, volume, first_page, work_prefix, generation"#,
        scan,
        stage.waiting().as_str(),
        stage.busy().as_str(),
        token,
        rules.stale_after.as_secs_f64(),
        rules.maximum_interruptions,
        FailureCode::Interrupted.as_str(),
        WORKER_STOPPED,
    )
    .fetch_optional(work.on())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.status == Status::Failed {
        return Ok(Some(Claim::Interrupted));
    }
    Ok(Some(Claim::Claimed(ClaimedScan {
        lease: Lease { scan, range: None, token, stage },
        ranges: ranges(work, scan, row.generation).await?,
        key: row.key,
        version_id: row.version_id,
        reporter: row.reporter,
        volume: row.volume,
        first_page: row.first_page,
        work_prefix: row.work_prefix,
    })))
}

async fn ranges(work: &mut Work<'_>, scan: ScanId, generation: i32) -> Result<Vec<RangeResult>, CatalogError> {
    Ok(sqlx::query_as!(
        RangeResult,
        "SELECT number, result_key FROM page_ranges
         WHERE scan_id = $1 AND generation = $2 ORDER BY number",
        scan,
        generation,
    )
    .fetch_all(work.on())
    .await?)
}

/// What a row is that could not be claimed.
async fn look(
    work: &mut Work<'_>,
    stage: Stage,
    scan: ScanId,
    rules: &LeaseRules,
) -> Result<Claim<ClaimedScan>, CatalogError> {
    let Some(state) = ScanState::lock(work, scan).await? else { return Ok(Claim::Gone) };
    if state.is_exhausted(stage) {
        if !revive(work, &state, rules).await? {
            return Ok(Claim::JustExhausted);
        }
        return Ok(take(work, stage, scan, rules).await?.unwrap_or(Claim::NotDue));
    }
    if state.status == stage.waiting() {
        // Either it is not due, or it began to wait since the claim looked; the lock is ours now.
        return Ok(take(work, stage, scan, rules).await?.unwrap_or(Claim::NotDue));
    }
    if state.status == stage.busy() {
        return Ok(Claim::Busy);
    }
    after(work, stage, &state).await
}

/// The answer to a message whose stage is over, or has not come.
async fn after(work: &mut Work<'_>, stage: Stage, state: &ScanState) -> Result<Claim<ClaimedScan>, CatalogError> {
    match (stage, state.status) {
        (Stage::Compress, Status::Compressed | Status::Scanning) => Ok(Claim::Done(ready(work, state).await?)),
        (Stage::Compress, Status::Scanned | Status::Splitting) | (_, Status::PendingReview | Status::Approved) => {
            Ok(Claim::Done(Vec::new()))
        }
        _ => Ok(Claim::Gone),
    }
}
