//! The intermediates are gone: the scan starts again at compress.

use super::fence::hold;
use crate::ready::ready;
use crate::state::{ScanState, take_ranges_back};
use crate::{Catalog, CatalogError, Fenced, Lease};
use domain::{FailureCode, Stage, Task};

/// How often a scan may come back before its retry, or its end, begins the count anew.
const MAXIMUM_RETURNS: i32 = 3;

impl Catalog {
    /// Sends the scan back to compress because intermediates are missing: UPLOADED, other ranges lose their leases.
    /// A scan that comes back here for the fourth time fails with the code `intermediates_missing`; nothing is ready
    /// then.
    pub async fn return_to_compress(&self, lease: &Lease, reason: &str) -> Result<Fenced<Vec<Task>>, CatalogError> {
        if lease.stage == Stage::Compress {
            return Err(CatalogError::Invalid("compress reads the original, not intermediates".to_owned()));
        }
        let mut work = self.begin().await?;
        if !hold(&mut work, lease).await? {
            return Ok(Fenced::Lost);
        }
        take_ranges_back(&mut work, &[lease.scan]).await?;
        sqlx::query!(
            "UPDATE scans SET status = CASE WHEN returns >= $2 THEN 'FAILED' ELSE 'UPLOADED' END,
                 returns = returns + 1, attempts = 0, interruptions = 0,
                 error_code = $5, error_message = $3
             WHERE id = $1 AND status = $4",
            lease.scan,
            MAXIMUM_RETURNS,
            reason,
            lease.stage.busy().as_str(),
            FailureCode::IntermediatesMissing.as_str(),
        )
        .execute(work.on())
        .await?;
        let ready = match ScanState::lock(&mut work, lease.scan).await? {
            Some(state) => ready(&mut work, &state).await?,
            None => Vec::new(),
        };
        work.commit().await?;
        Ok(Fenced::Done(ready))
    }
}
