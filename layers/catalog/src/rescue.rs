//! Recovery of rows whose worker or message was lost.
//!
//! Each statement checks the row again when it changes it. So running it twice at once, or in the middle of normal work,
//! is harmless.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::lease::{LeaseRules, WORKER_STOPPED};
use crate::state::settle;
use domain::{FailureCode, RangeStatus, ScanId, Stage, Status, Task};
use std::collections::BTreeSet;
use std::time::Duration;

/// A busy row whose lease was stale.
#[derive(Clone, PartialEq, Debug)]
pub struct Rescued {
    pub scan: ScanId,
    /// The page range as (generation, number). None for compress and split.
    pub range: Option<(i32, i32)>,
    /// The stage that was interrupted.
    pub stage: Stage,
    pub outcome: RescueOutcome,
    /// Time since the last heartbeat.
    pub idle: Duration,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RescueOutcome {
    /// The row waits again. Send this task.
    Resent(Task),
    /// The row was interrupted too often and is FAILED(interrupted).
    Interrupted,
}

impl Catalog {
    /// Recovers at most `limit` scans, and the ranges of at most `limit` scans, whose leases are stale, starting with
    /// the oldest. Rows that are locked are left to the next call.
    pub async fn rescue(&self, rules: &LeaseRules, limit: i64) -> Result<Vec<Rescued>, CatalogError> {
        let mut transaction = self.begin().await?;
        let mut rescued = rescue_scans(&mut transaction, rules, limit).await?;
        transaction.commit().await?;
        let mut transaction = self.begin().await?;
        rescued.extend(rescue_ranges(&mut transaction, rules, limit).await?);
        transaction.commit().await?;
        Ok(rescued)
    }
}

async fn rescue_scans(
    transaction: &mut Transaction<'_>,
    rules: &LeaseRules,
    limit: i64,
) -> Result<Vec<Rescued>, CatalogError> {
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
           RETURNING scans.id, is_bulk, stale.status AS "was: Status", scans.status AS "status: Status", idle AS "idle!""#,
        rules.stale_after.as_secs_f64(),
        rules.maximum_interruptions,
        limit,
        FailureCode::Interrupted.as_str(),
        WORKER_STOPPED,
    )
    .fetch_all(transaction.executor())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let ready = match row.was {
                Status::Compressing => Task::Compress { scan: row.id, is_bulk: row.is_bulk },
                _ => Task::Split { scan: row.id },
            };
            let outcome = match row.status {
                Status::Failed => RescueOutcome::Interrupted,
                _ => RescueOutcome::Resent(ready),
            };
            Rescued { scan: row.id, range: None, stage: ready.stage(), outcome, idle: seconds(row.idle) }
        })
        .collect())
}

async fn rescue_ranges(
    transaction: &mut Transaction<'_>,
    rules: &LeaseRules,
    limit: i64,
) -> Result<Vec<Rescued>, CatalogError> {
    let scans = lock_scans_with_stale_ranges(transaction, rules, limit).await?;
    if scans.is_empty() {
        return Ok(Vec::new());
    }
    let rescued = recover_stale_ranges(transaction, rules, &scans).await?;
    let interrupted: BTreeSet<ScanId> = rescued
        .iter()
        .filter(|rescued| rescued.outcome == RescueOutcome::Interrupted)
        .map(|rescued| rescued.scan)
        .collect();
    for scan in interrupted {
        // A scan with a failed range can only fail, so no task becomes ready.
        settle(transaction, scan).await?;
    }
    Ok(rescued)
}

async fn lock_scans_with_stale_ranges(
    transaction: &mut Transaction<'_>,
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
    .fetch_all(transaction.executor())
    .await?)
}

/// Runs after the scans were locked, so that it sees what the last transactions left.
async fn recover_stale_ranges(
    transaction: &mut Transaction<'_>,
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
    .fetch_all(transaction.executor())
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

impl Catalog {
    /// The tasks of at most `limit` scans and `limit` ranges that wait, are due, and whose last message was sent longer
    /// ago than `after`, or before they were due. `after` doubles with every message, at most six times. The caller
    /// sends the tasks; the rows are already marked.
    pub async fn resend(&self, after: Duration, limit: i64) -> Result<Vec<Task>, CatalogError> {
        let mut transaction = self.begin().await?;
        let mut ready = resend_scans(&mut transaction, after, limit).await?;
        ready.extend(resend_ranges(&mut transaction, after, limit).await?);
        transaction.commit().await?;
        Ok(ready)
    }
}

impl Catalog {
    /// Takes back what [`resend`](Catalog::resend) noted about tasks whose messages could not be sent: their rows are due
    /// again, and their pause does not double.
    pub async fn take_back_resend(&self, tasks: &[Task]) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        let scans: Vec<ScanId> =
            tasks.iter().filter(|task| !matches!(task, Task::Scan { .. })).map(Task::scan).collect();
        // Whoever was due was created before its last message was due.
        sqlx::query!(
            "UPDATE scans SET dispatched_at = created_at, dispatches = greatest(dispatches - 1, 1)
             WHERE id = ANY($1) AND status IN ('UPLOADED', 'SCANNED') AND waits_for IS NULL",
            &scans,
        )
        .execute(transaction.executor())
        .await?;
        let (mut of_scans, mut generations, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        for task in tasks {
            if let Task::Scan { scan, generation, range, .. } = *task {
                of_scans.push(scan);
                generations.push(generation);
                numbers.push(range);
            }
        }
        sqlx::query!(
            "UPDATE page_ranges AS ranges
             SET dispatched_at = scans.created_at, dispatches = greatest(ranges.dispatches - 1, 1)
             FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS unsent (scan_id, generation, number), scans
             WHERE ranges.scan_id = unsent.scan_id AND ranges.generation = unsent.generation
               AND ranges.number = unsent.number AND ranges.status = 'WAITING' AND scans.id = unsent.scan_id",
            &of_scans,
            &generations,
            &numbers,
        )
        .execute(transaction.executor())
        .await?;
        transaction.commit().await
    }
}

async fn resend_scans(
    transaction: &mut Transaction<'_>,
    after: Duration,
    limit: i64,
) -> Result<Vec<Task>, CatalogError> {
    let rows = sqlx::query!(
        r#"WITH due AS MATERIALIZED (
               SELECT id FROM scans
               WHERE status IN ('UPLOADED', 'SCANNED') AND waits_for IS NULL
                 AND coalesce(not_before <= clock_timestamp(), true)
                 AND (dispatched_at < not_before
                   OR dispatched_at < clock_timestamp() - make_interval(secs => $1 * 2 ^ least(dispatches - 1, 6)))
               ORDER BY dispatched_at LIMIT $2
               FOR NO KEY UPDATE SKIP LOCKED
           )
           UPDATE scans SET dispatched_at = clock_timestamp(), dispatches = dispatches + 1
           FROM due WHERE scans.id = due.id AND status IN ('UPLOADED', 'SCANNED') AND waits_for IS NULL
           RETURNING scans.id, is_bulk, status AS "status: Status""#,
        after.as_secs_f64(),
        limit,
    )
    .fetch_all(transaction.executor())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| match row.status {
            Status::Uploaded => Task::Compress { scan: row.id, is_bulk: row.is_bulk },
            _ => Task::Split { scan: row.id },
        })
        .collect())
}

async fn resend_ranges(
    transaction: &mut Transaction<'_>,
    after: Duration,
    limit: i64,
) -> Result<Vec<Task>, CatalogError> {
    let rows = sqlx::query!(
        "WITH due AS MATERIALIZED (
             SELECT scan_id, ranges.generation, number, is_large
             FROM scans JOIN page_ranges AS ranges ON scan_id = scans.id AND ranges.generation = scans.generation
             WHERE scans.status IN ('COMPRESSED', 'SCANNING') AND ranges.status = 'WAITING'
               AND coalesce(not_before <= clock_timestamp(), true)
               AND (ranges.dispatched_at < not_before OR ranges.dispatched_at
                   < clock_timestamp() - make_interval(secs => $1 * 2 ^ least(ranges.dispatches - 1, 6)))
             ORDER BY ranges.dispatched_at LIMIT $2
             FOR NO KEY UPDATE OF ranges SKIP LOCKED
         )
         UPDATE page_ranges AS ranges SET dispatched_at = clock_timestamp(), dispatches = dispatches + 1
         FROM due
         WHERE ranges.scan_id = due.scan_id AND ranges.generation = due.generation AND ranges.number = due.number
           AND ranges.status = 'WAITING'
         RETURNING ranges.scan_id, ranges.generation, ranges.number, is_large",
        after.as_secs_f64(),
        limit,
    )
    .fetch_all(transaction.executor())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Task::Scan {
            scan: row.scan_id,
            generation: row.generation,
            range: row.number,
            is_large: row.is_large,
        })
        .collect())
}
