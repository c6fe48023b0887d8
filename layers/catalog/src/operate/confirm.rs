//! A person says that a new upload may replace an approved one.

use crate::connection::Work;
use crate::intake::{lock_key_row, supersede};
use crate::ready::ready;
use crate::state::{ScanState, stamp, tell};
use crate::{Catalog, CatalogError};
use domain::{ScanId, Status, Task, WaitsFor};

impl Catalog {
    /// Lets a scan proceed that waits for confirmation; the approved scans of its key are superseded by it.
    pub async fn confirm(&self, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
        let mut work = self.begin().await?;
        lock_key_of(&mut work, scan).await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        if state.status != Status::Uploaded || state.waits_for != Some(WaitsFor::Confirmation) {
            return Err(state.refuse("it does not wait for confirmation"));
        }
        sqlx::query!("UPDATE scans SET waits_for = NULL WHERE id = $1", scan).execute(work.on()).await?;
        tell(&mut work, scan, "confirmed", serde_json::json!({})).await?;
        let approved = approved_before(&mut work, scan).await?;
        supersede(&mut work, &approved, scan).await?;
        stamp(&mut work, scan).await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        let ready = ready(&mut work, &state).await?;
        work.commit().await?;
        Ok(ready)
    }
}

/// No upload of the key is recorded meanwhile: it would decide by the approved scan, too.
async fn lock_key_of(work: &mut Work<'_>, scan: ScanId) -> Result<(), CatalogError> {
    let upload = sqlx::query!("SELECT bucket, key FROM scans WHERE id = $1", scan)
        .fetch_optional(work.on())
        .await?
        .ok_or(CatalogError::Unknown(scan))?;
    lock_key_row(work, &upload.bucket, &upload.key).await
}

async fn approved_before(work: &mut Work<'_>, scan: ScanId) -> Result<Vec<ScanId>, CatalogError> {
    Ok(sqlx::query_scalar!(
        "SELECT earlier.id FROM scans AS earlier JOIN scans AS this USING (bucket, key)
         WHERE this.id = $1 AND earlier.id < this.id AND earlier.status = 'APPROVED'
           AND earlier.superseded_by IS NULL
         ORDER BY earlier.id FOR NO KEY UPDATE OF earlier",
        scan,
    )
    .fetch_all(work.on())
    .await?)
}
