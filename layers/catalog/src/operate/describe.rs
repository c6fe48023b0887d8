//! A person says which volume it is.

use crate::connection::Work;
use crate::ready::ready;
use crate::state::{ScanState, stamp, tell};
use crate::{Catalog, CatalogError};
use domain::{ScanId, Status, Task, WaitsFor};

impl Catalog {
    /// Gives a scan its reporter, volume and first page; one that waited for them is ready for split. Refused once
    /// split has begun, for its results carry the names.
    pub async fn describe(
        &self,
        scan: ScanId,
        reporter: &str,
        volume: &str,
        first_page: i32,
    ) -> Result<Vec<Task>, CatalogError> {
        if reporter.trim().is_empty() || volume.trim().is_empty() || first_page < 0 {
            return Err(CatalogError::Invalid("a volume has a reporter, a volume and a first page".to_owned()));
        }
        let mut work = self.begin().await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        if matches!(state.status, Status::Splitting | Status::PendingReview | Status::Approved) {
            return Err(state.refuse("its results carry the names it had"));
        }
        write(&mut work, scan, reporter.trim(), volume.trim(), first_page).await?;
        let ready = released(&mut work, &state).await?;
        work.commit().await?;
        Ok(ready)
    }
}

async fn write(
    work: &mut Work<'_>,
    scan: ScanId,
    reporter: &str,
    volume: &str,
    first_page: i32,
) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE scans SET reporter = $2, volume = $3, first_page = $4, waits_for = nullif(waits_for, 'metadata'),
             updated_at = clock_timestamp()
         WHERE id = $1",
        scan,
        reporter,
        volume,
        first_page,
    )
    .execute(work.on())
    .await?;
    let detail = serde_json::json!({ "reporter": reporter, "volume": volume, "first_page": first_page });
    tell(work, scan, "described", detail).await
}

/// What a scan that waited for its metadata is ready for.
async fn released(work: &mut Work<'_>, before: &ScanState) -> Result<Vec<Task>, CatalogError> {
    if before.status != Status::Scanned || before.waits_for != Some(WaitsFor::Metadata) {
        return Ok(Vec::new());
    }
    stamp(work, before.scan).await?;
    let state = ScanState::lock_named(work, before.scan).await?;
    ready(work, &state).await
}
