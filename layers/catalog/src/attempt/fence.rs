//! Whether a lease still holds, for writes that touch more than one row.

use super::Lease;
use crate::CatalogError;
use crate::connection::Work;
use crate::state::ScanState;
use domain::Status;

/// Locks the scan's row and says whether the lease still holds: the token is on the row, the row is busy with the
/// lease's stage, and of a range the scan is SCANNING that very generation.
pub(super) async fn hold(work: &mut Work<'_>, lease: &Lease) -> Result<bool, CatalogError> {
    let Some(state) = ScanState::lock(work, lease.scan).await? else { return Ok(false) };
    match lease.range {
        None => holds_scan(work, lease, &state).await,
        Some((generation, number)) if state.status == Status::Scanning && state.generation == generation => {
            holds_range(work, lease, generation, number).await
        }
        Some(_) => Ok(false),
    }
}

async fn holds_scan(work: &mut Work<'_>, lease: &Lease, state: &ScanState) -> Result<bool, CatalogError> {
    let held = sqlx::query_scalar!("SELECT id FROM scans WHERE id = $1 AND lease = $2", lease.scan, lease.token)
        .fetch_optional(work.on())
        .await?;
    Ok(held.is_some() && state.status == lease.stage.busy())
}

async fn holds_range(work: &mut Work<'_>, lease: &Lease, generation: i32, number: i32) -> Result<bool, CatalogError> {
    let held = sqlx::query_scalar!(
        "SELECT number FROM page_ranges
         WHERE scan_id = $1 AND generation = $2 AND number = $3 AND lease = $4 AND status = 'SCANNING'
         FOR NO KEY UPDATE",
        lease.scan,
        generation,
        number,
        lease.token,
    )
    .fetch_optional(work.on())
    .await?;
    Ok(held.is_some())
}
