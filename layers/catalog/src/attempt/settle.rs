//! What becomes of a scan when none of its ranges waits or runs.

use super::RETRIES_EXHAUSTED;
use crate::connection::Work;
use crate::ready::ready;
use crate::state::ScanState;
use crate::{CatalogError, Failure};
use domain::{ScanId, Status, Task};

/// Makes a scan SCANNED or FAILED if its last range ended, and returns what is ready then. The caller holds the
/// scan's row: so the count is of all that happened, and only one transaction finds the last range ended.
pub(crate) async fn settle(work: &mut Work<'_>, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
    let count = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE ranges.status IN ('WAITING', 'SCANNING')) AS "open!",
               coalesce(array_agg(number ORDER BY number) FILTER (WHERE ranges.status = 'FAILED'), '{}') AS "failed!"
           FROM page_ranges AS ranges JOIN scans ON scans.id = scan_id AND scans.generation = ranges.generation
           WHERE scans.id = $1 AND scans.status = 'SCANNING'"#,
        scan,
    )
    .fetch_one(work.on())
    .await?;
    match (count.open, count.failed.as_slice()) {
        (0, []) => all_finished(work, scan).await,
        (0, failed) => {
            some_failed(work, scan, failed).await?;
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

async fn all_finished(work: &mut Work<'_>, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
    sqlx::query!(
        "UPDATE scans SET status = 'SCANNED', attempts = 0, interruptions = 0, error_code = NULL, error_message = NULL,
             waits_for = CASE WHEN reporter IS NULL OR volume IS NULL OR first_page IS NULL THEN 'metadata' END
         WHERE id = $1 AND status = 'SCANNING'",
        scan,
    )
    .execute(work.on())
    .await?;
    match ScanState::lock(work, scan).await? {
        Some(state) if state.status == Status::Scanned => ready(work, &state).await,
        _ => Ok(Vec::new()),
    }
}

async fn some_failed(work: &mut Work<'_>, scan: ScanId, failed: &[i32]) -> Result<(), CatalogError> {
    let worst = worst_failure(work, scan, failed).await?;
    let numbers: Vec<String> = failed.iter().map(i32::to_string).collect();
    sqlx::query!(
        "UPDATE scans SET status = 'FAILED', error_code = $2, error_message = $3
         WHERE id = $1 AND status = 'SCANNING'",
        scan,
        worst.code,
        format!("page ranges {} failed: {}", numbers.join(", "), worst.message),
    )
    .execute(work.on())
    .await?;
    Ok(())
}

/// The failure that speaks for the scan: one of the input before an interruption, and an exhausted retry last. So a
/// scan is `retries_exhausted`, and can be revived by a message, only if every failed range is.
async fn worst_failure(work: &mut Work<'_>, scan: ScanId, failed: &[i32]) -> Result<Failure, CatalogError> {
    Ok(sqlx::query_as!(
        Failure,
        r#"SELECT error_code AS "code!", coalesce(error_message, '') AS "message!"
           FROM page_ranges
           WHERE scan_id = $1 AND generation = (SELECT generation FROM scans WHERE id = $1) AND number = ANY($2)
           ORDER BY array_position(ARRAY['interrupted', $3], error_code) NULLS FIRST, number
           LIMIT 1"#,
        scan,
        failed,
        RETRIES_EXHAUSTED,
    )
    .fetch_one(work.on())
    .await?)
}
