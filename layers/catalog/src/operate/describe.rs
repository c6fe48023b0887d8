//! A person says which volume it is.

use crate::connection::Work;
use crate::ready::ready;
use crate::state::{ScanState, stamp, tell};
use crate::{Catalog, CatalogError};
use domain::{ScanId, Status, Task, VolumeName, WaitsFor};

impl Catalog {
    /// Gives a scan its reporter, volume and first page; a scan that waited for them is ready for split. Refused once
    /// split has begun, because its results carry the name. A name without a first page is [`CatalogError::Invalid`].
    pub async fn describe(&self, scan: ScanId, name: &VolumeName) -> Result<Vec<Task>, CatalogError> {
        let first_page = name.first_page().ok_or_else(|| {
            CatalogError::Invalid("The name of a volume needs the number of its first page.".to_owned())
        })?;
        let mut work = self.begin().await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        if matches!(state.status, Status::Splitting | Status::PendingReview | Status::Approved) {
            return Err(state.refuse("its results carry the names it had"));
        }
        write(&mut work, scan, name, first_page as i32).await?;
        let ready = released(&mut work, &state).await?;
        work.commit().await?;
        Ok(ready)
    }
}

async fn write(work: &mut Work<'_>, scan: ScanId, name: &VolumeName, first_page: i32) -> Result<(), CatalogError> {
    let (reporter, volume) = (name.reporter(), name.volume());
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
