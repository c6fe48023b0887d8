//! Claims of scan.

use super::revive::{is_settled, revive};
use crate::attempt::{WORKER_STOPPED, settle};
use crate::connection::Work;
use crate::ready::ready;
use crate::state::ScanState;
use crate::{Catalog, CatalogError, Claim, ClaimedRange, Lease, LeaseRules};
use domain::{FailureCode, RangeStatus, ScanId, Stage, Status};
use uuid::Uuid;

/// Which range a message names.
#[derive(Clone, Copy)]
struct Wanted {
    scan: ScanId,
    generation: i32,
    number: i32,
}

impl Catalog {
    /// Takes a page range for one attempt of scan; the first claim of a generation makes the scan SCANNING.
    pub async fn claim_range(
        &self,
        scan: ScanId,
        generation: i32,
        number: i32,
        rules: &LeaseRules,
    ) -> Result<Claim<ClaimedRange>, CatalogError> {
        let mut work = self.begin().await?;
        let claim = claim(&mut work, Wanted { scan, generation, number }, rules).await?;
        work.commit().await?;
        Ok(claim)
    }
}

async fn claim(work: &mut Work<'_>, wanted: Wanted, rules: &LeaseRules) -> Result<Claim<ClaimedRange>, CatalogError> {
    let Some(state) = ScanState::lock(work, wanted.scan).await? else { return Ok(Claim::Gone) };
    if state.generation != wanted.generation {
        return Ok(Claim::Gone);
    }
    match state.status {
        Status::Compressed | Status::Scanning => claim_of_live(work, wanted, &state, rules).await,
        Status::Scanned => Ok(Claim::Done(ready(work, &state).await?)),
        Status::Splitting | Status::PendingReview | Status::Approved => Ok(Claim::Done(Vec::new())),
        Status::Failed if state.is_exhausted(Stage::Scan) => claim_of_exhausted(work, wanted, &state, rules).await,
        _ => Ok(Claim::Gone),
    }
}

async fn claim_of_live(
    work: &mut Work<'_>,
    wanted: Wanted,
    state: &ScanState,
    rules: &LeaseRules,
) -> Result<Claim<ClaimedRange>, CatalogError> {
    if let Some(claim) = take(work, wanted, state, rules).await? {
        return Ok(claim);
    }
    let Some(range) = Seen::get(work, wanted).await? else { return Ok(Claim::Gone) };
    match range.status {
        RangeStatus::Waiting => Ok(Claim::NotDue),
        RangeStatus::Scanning => Ok(Claim::Busy),
        RangeStatus::Finished => Ok(Claim::Done(Vec::new())),
        RangeStatus::Failed if !range.is_exhausted() => Ok(Claim::Gone),
        RangeStatus::Failed if !is_settled(range.seconds_since_end, rules) => Ok(Claim::JustExhausted),
        RangeStatus::Failed => {
            restart_range(work, wanted).await?;
            Ok(take(work, wanted, state, rules).await?.unwrap_or(Claim::NotDue))
        }
    }
}

/// The scan gave up because its ranges did. Only the message of a range that gave up revives it, not a late duplicate
/// of one that finished.
async fn claim_of_exhausted(
    work: &mut Work<'_>,
    wanted: Wanted,
    state: &ScanState,
    rules: &LeaseRules,
) -> Result<Claim<ClaimedRange>, CatalogError> {
    match Seen::get(work, wanted).await? {
        Some(range) if range.is_exhausted() => {
            if !revive(work, state, rules).await? {
                return Ok(Claim::JustExhausted);
            }
            let Some(revived) = ScanState::lock(work, wanted.scan).await? else { return Ok(Claim::Gone) };
            Ok(take(work, wanted, &revived, rules).await?.unwrap_or(Claim::NotDue))
        }
        Some(range) if range.status == RangeStatus::Finished => Ok(Claim::Done(Vec::new())),
        _ => Ok(Claim::Gone),
    }
}

/// The claim itself: one UPDATE, from waiting or over a stale lease. None if the range is neither. The caller holds
/// the scan's row.
async fn take(
    work: &mut Work<'_>,
    wanted: Wanted,
    state: &ScanState,
    rules: &LeaseRules,
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
        wanted.scan,
        wanted.generation,
        wanted.number,
        token,
        rules.stale_after.as_secs_f64(),
        rules.maximum_interruptions,
        state.due,
        FailureCode::Interrupted.as_str(),
        WORKER_STOPPED,
    )
    .fetch_optional(work.on())
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.status == RangeStatus::Failed {
        settle(work, wanted.scan).await?;
        return Ok(Some(Claim::Interrupted));
    }
    let volume = begin_scanning(work, state).await?;
    Ok(Some(Claim::Claimed(ClaimedRange {
        lease: Lease { scan: wanted.scan, range: Some((wanted.generation, wanted.number)), token, stage: Stage::Scan },
        key: volume.key,
        number: wanted.number,
        first_index: row.first_index,
        page_count: row.page_count,
        input_key: row.input_key,
        first_page: volume.first_page,
    })))
}

struct Volume {
    key: String,
    first_page: Option<i32>,
}

/// Makes a scan SCANNING whose first range was claimed, and says what a worker must know about it.
async fn begin_scanning(work: &mut Work<'_>, state: &ScanState) -> Result<Volume, CatalogError> {
    if state.status == Status::Compressed {
        sqlx::query!("UPDATE scans SET status = 'SCANNING' WHERE id = $1", state.scan).execute(work.on()).await?;
    }
    Ok(sqlx::query_as!(Volume, "SELECT key, first_page FROM scans WHERE id = $1", state.scan)
        .fetch_one(work.on())
        .await?)
}

/// A range that could not be claimed.
struct Seen {
    status: RangeStatus,
    error_code: Option<String>,
    seconds_since_end: Option<f64>,
}

impl Seen {
    async fn get(work: &mut Work<'_>, wanted: Wanted) -> Result<Option<Self>, CatalogError> {
        Ok(sqlx::query_as!(
            Self,
            r#"SELECT status AS "status: RangeStatus", error_code,
                   extract(epoch FROM clock_timestamp() - finished_at)::float8 AS seconds_since_end
               FROM page_ranges WHERE scan_id = $1 AND generation = $2 AND number = $3"#,
            wanted.scan,
            wanted.generation,
            wanted.number,
        )
        .fetch_optional(work.on())
        .await?)
    }

    fn is_exhausted(&self) -> bool {
        self.status == RangeStatus::Failed && self.error_code.as_deref() == Some(FailureCode::RetriesExhausted.as_str())
    }
}

async fn restart_range(work: &mut Work<'_>, wanted: Wanted) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE page_ranges SET status = 'WAITING', attempts = 0, interruptions = 0
         WHERE scan_id = $1 AND generation = $2 AND number = $3",
        wanted.scan,
        wanted.generation,
        wanted.number,
    )
    .execute(work.on())
    .await?;
    Ok(())
}
