//! A person wants it to stop.

use crate::state::{ScanState, take_ranges_back};
use crate::{Catalog, CatalogError};
use domain::{FailureCode, ScanId};

impl Catalog {
    /// Cancels a scan that waits or is being worked on; its workers lose their leases.
    pub async fn cancel(&self, scan: ScanId) -> Result<(), CatalogError> {
        let mut work = self.begin().await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        if state.status.is_ended() {
            return Err(state.refuse("it is over already"));
        }
        sqlx::query!(
            "UPDATE scans SET status = 'CANCELLED', error_code = $2, error_message = $3 WHERE id = $1",
            scan,
            FailureCode::Cancelled.as_str(),
            FailureCode::Cancelled.meaning(),
        )
        .execute(work.on())
        .await?;
        take_ranges_back(&mut work, &[scan]).await?;
        work.commit().await
    }
}
