//! What becomes of a scan when none of its ranges waits or runs.

use crate::CatalogError;
use crate::connection::Work;
use crate::ready::ready;
use crate::state::ScanState;
use domain::{FailureCode, ScanId, Status, Task};

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

/// The scan takes the failure of one range: one of the input before an interruption, and an exhausted retry last. So a
/// scan is `retries_exhausted`, and a message can revive it, only if every failed range is.
async fn some_failed(work: &mut Work<'_>, scan: ScanId, failed: &[i32]) -> Result<(), CatalogError> {
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
    .execute(work.on())
    .await?;
    Ok(())
}
