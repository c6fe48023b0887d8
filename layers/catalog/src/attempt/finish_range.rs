//! A page range ends well.

use super::fence::hold;
use super::settle;
use crate::{Catalog, CatalogError, Fenced, Lease};
use domain::{Stage, Task};

impl Catalog {
    /// Publishes the results of one page range. The last range of the scan to end makes it SCANNED and returns
    /// [`Task::Split`] (unless it is deferred or waits for metadata), or FAILED if any range gave up.
    pub async fn finish_range(&self, lease: &Lease, result_key: &str) -> Result<Fenced<Vec<Task>>, CatalogError> {
        lease.expect_stage(Stage::Scan)?;
        let mut work = self.begin().await?;
        if !hold(&mut work, lease).await? {
            return Ok(Fenced::Lost);
        }
        sqlx::query!(
            "UPDATE page_ranges SET status = 'FINISHED', result_key = $3, error_code = NULL, error_message = NULL
             WHERE scan_id = $1 AND lease = $2 AND status = 'SCANNING'",
            lease.scan,
            lease.token,
            result_key,
        )
        .execute(work.on())
        .await?;
        let ready = settle(&mut work, lease.scan).await?;
        work.commit().await?;
        Ok(Fenced::Done(ready))
    }
}
