//! A person wants it later.

use crate::ready::ready;
use crate::state::{ScanState, stamp, tell};
use crate::{Catalog, CatalogError};
use domain::{ScanId, Task};
use time::OffsetDateTime;

impl Catalog {
    /// No claim of the scan before `until`; what is running goes on. A time that has passed ends a deferral and
    /// returns what is ready now.
    pub async fn defer(&self, scan: ScanId, until: OffsetDateTime) -> Result<Vec<Task>, CatalogError> {
        let mut work = self.begin().await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        if state.status.is_ended() {
            return Err(state.refuse("it is over already"));
        }
        sqlx::query!("UPDATE scans SET not_before = $2, updated_at = clock_timestamp() WHERE id = $1", scan, until,)
            .execute(work.on())
            .await?;
        tell(&mut work, scan, "deferred", serde_json::json!({ "until": until.to_string() })).await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        let ready = ready(&mut work, &state).await?;
        if !ready.is_empty() {
            stamp(&mut work, scan).await?;
        }
        work.commit().await?;
        Ok(ready)
    }
}
