//! Busy rows whose worker is gone.

use crate::attempt::{WORKER_STOPPED, settle};
use crate::connection::Work;
use crate::{Catalog, CatalogError, LeaseRules};
use domain::{FailureCode, RangeStatus, ScanId, Stage, Status, Task};
use std::collections::BTreeSet;
use std::time::Duration;

/// A row that was busy and stale.
#[derive(Clone, PartialEq, Debug)]
pub struct Rescued {
    /// The scan.
    pub scan: ScanId,
    /// The page range as (generation, number).
    pub range: Option<(i32, i32)>,
    /// The stage that was interrupted.
    pub stage: Stage,
    /// What became of it.
    pub outcome: RescueOutcome,
    /// How long nobody had renewed it.
    pub idle: Duration,
}

/// What became of a row that was rescued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RescueOutcome {
    /// It waits again: send this.
    Resent(Task),
    /// It was interrupted too often: FAILED(interrupted).
    Interrupted,
}

impl Catalog {
    /// Takes at most `limit` scans and the ranges of at most `limit` scans from workers that stopped renewing them,
    /// those that changed longest ago first. Rows that somebody else is just changing are left to the next pass.
    pub async fn rescue(&self, rules: &LeaseRules, limit: i64) -> Result<Vec<Rescued>, CatalogError> {
        let mut work = self.begin().await?;
        let mut rescued = rescue_scans(&mut work, rules, limit).await?;
        work.commit().await?;
        let mut work = self.begin().await?;
        rescued.extend(rescue_ranges(&mut work, rules, limit).await?);
        work.commit().await?;
        Ok(rescued)
    }
}

async fn rescue_scans(work: &mut Work<'_>, rules: &LeaseRules, limit: i64) -> Result<Vec<Rescued>, CatalogError> {
    let rows = sqlx::query!(
        r#"WITH stale AS MATERIALIZED (
               SELECT id, status, extract(epoch FROM clock_timestamp() - heartbeat_at)::float8 AS idle
               FROM scans
               WHERE status IN ('COMPRESSING', 'SPLITTING')
                 AND heartbeat_at < clock_timestamp() - make_interval(secs => $1)
               ORDER BY heartbeat_at LIMIT $3
               FOR NO KEY UPDATE SKIP LOCKED
           )
           UPDATE scans SET
               status = CASE WHEN interruptions >= $2 THEN 'FAILED'
                        WHEN scans.status = 'COMPRESSING' THEN 'UPLOADED' ELSE 'SCANNED' END,
               interruptions = interruptions + 1,
               error_code = $4, error_message = $5
           FROM stale
           WHERE scans.id = stale.id AND scans.status = stale.status
             AND scans.status IN ('COMPRESSING', 'SPLITTING')
             AND heartbeat_at < clock_timestamp() - make_interval(secs => $1)
           RETURNING scans.id, stale.status AS "was: Status", scans.status AS "status: Status", idle AS "idle!""#,
        rules.stale_after.as_secs_f64(),
        rules.maximum_interruptions,
        limit,
        FailureCode::Interrupted.as_str(),
        WORKER_STOPPED,
    )
    .fetch_all(work.on())
    .await?;
    Ok(rows.into_iter().map(|row| rescued_scan(row.id, row.was, row.status, row.idle)).collect())
}

fn rescued_scan(scan: ScanId, was: Status, status: Status, idle: f64) -> Rescued {
    let (stage, ready) = match was {
        Status::Compressing => (Stage::Compress, Task::Compress { scan }),
        _ => (Stage::Split, Task::Split { scan }),
    };
    let outcome = match status {
        Status::Failed => RescueOutcome::Interrupted,
        _ => RescueOutcome::Resent(ready),
    };
    Rescued { scan, range: None, stage, outcome, idle: seconds(idle) }
}

async fn rescue_ranges(work: &mut Work<'_>, rules: &LeaseRules, limit: i64) -> Result<Vec<Rescued>, CatalogError> {
    let scans = lock_scans_with_stale_ranges(work, rules, limit).await?;
    if scans.is_empty() {
        return Ok(Vec::new());
    }
    let rescued = take_stale_ranges(work, rules, &scans).await?;
    let interrupted: BTreeSet<ScanId> = rescued
        .iter()
        .filter(|rescued| rescued.outcome == RescueOutcome::Interrupted)
        .map(|rescued| rescued.scan)
        .collect();
    for scan in interrupted {
        // With a failed range the scan can only fail: nothing becomes ready.
        settle(work, scan).await?;
    }
    Ok(rescued)
}

async fn lock_scans_with_stale_ranges(
    work: &mut Work<'_>,
    rules: &LeaseRules,
    limit: i64,
) -> Result<Vec<ScanId>, CatalogError> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM scans
         WHERE status = 'SCANNING' AND EXISTS (
             SELECT FROM page_ranges AS ranges
             WHERE scan_id = scans.id AND ranges.generation = scans.generation AND ranges.status = 'SCANNING'
               AND ranges.heartbeat_at < clock_timestamp() - make_interval(secs => $1)
         )
         ORDER BY updated_at LIMIT $2
         FOR NO KEY UPDATE SKIP LOCKED",
        rules.stale_after.as_secs_f64(),
        limit,
    )
    .fetch_all(work.on())
    .await?)
}

/// A statement of its own, after the scans were locked: it sees what their last transactions left.
async fn take_stale_ranges(
    work: &mut Work<'_>,
    rules: &LeaseRules,
    scans: &[ScanId],
) -> Result<Vec<Rescued>, CatalogError> {
    let rows = sqlx::query!(
        r#"WITH stale AS MATERIALIZED (
               SELECT scan_id, ranges.generation, number, is_large,
                      extract(epoch FROM clock_timestamp() - ranges.heartbeat_at)::float8 AS idle
               FROM scans JOIN page_ranges AS ranges ON scan_id = scans.id AND ranges.generation = scans.generation
               WHERE scans.id = ANY($3) AND scans.status = 'SCANNING' AND ranges.status = 'SCANNING'
                 AND ranges.heartbeat_at < clock_timestamp() - make_interval(secs => $1)
               FOR NO KEY UPDATE OF ranges
           )
           UPDATE page_ranges AS ranges SET
               status = CASE WHEN interruptions >= $2 THEN 'FAILED' ELSE 'WAITING' END,
               interruptions = interruptions + 1,
               error_code = $4, error_message = $5
           FROM stale
           WHERE ranges.scan_id = stale.scan_id AND ranges.generation = stale.generation
             AND ranges.number = stale.number AND ranges.status = 'SCANNING'
             AND ranges.heartbeat_at < clock_timestamp() - make_interval(secs => $1)
           RETURNING ranges.scan_id, ranges.generation, ranges.number, is_large, idle AS "idle!",
               ranges.status AS "status: RangeStatus""#,
        rules.stale_after.as_secs_f64(),
        rules.maximum_interruptions,
        scans,
        FailureCode::Interrupted.as_str(),
        WORKER_STOPPED,
    )
    .fetch_all(work.on())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Rescued {
            scan: row.scan_id,
            range: Some((row.generation, row.number)),
            stage: Stage::Scan,
            outcome: match row.status {
                RangeStatus::Failed => RescueOutcome::Interrupted,
                _ => RescueOutcome::Resent(Task::Scan {
                    scan: row.scan_id,
                    generation: row.generation,
                    range: row.number,
                    is_large: row.is_large,
                }),
            },
            idle: seconds(row.idle),
        })
        .collect())
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
