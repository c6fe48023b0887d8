//! Waiting rows whose message may be lost.

use crate::connection::Work;
use crate::{Catalog, CatalogError};
use domain::{Status, Task};
use std::time::Duration;

impl Catalog {
    /// At most `limit` scans and `limit` ranges that wait, are due, and got their last message longer ago than
    /// `after`, doubled for every message so far (six times at most), or before they were due. Stamps them; send what
    /// it returns.
    pub async fn resend(&self, after: Duration, limit: i64) -> Result<Vec<Task>, CatalogError> {
        let mut work = self.begin().await?;
        let mut ready = resend_scans(&mut work, after, limit).await?;
        ready.extend(resend_ranges(&mut work, after, limit).await?);
        work.commit().await?;
        Ok(ready)
    }
}

async fn resend_scans(work: &mut Work<'_>, after: Duration, limit: i64) -> Result<Vec<Task>, CatalogError> {
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
           RETURNING scans.id, status AS "status: Status""#,
        after.as_secs_f64(),
        limit,
    )
    .fetch_all(work.on())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| match row.status {
            Status::Uploaded => Task::Compress { scan: row.id },
            _ => Task::Split { scan: row.id },
        })
        .collect())
}

async fn resend_ranges(work: &mut Work<'_>, after: Duration, limit: i64) -> Result<Vec<Task>, CatalogError> {
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
    .fetch_all(work.on())
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
