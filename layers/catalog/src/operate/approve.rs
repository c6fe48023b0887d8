//! A person accepts the results.

use crate::state::ScanState;
use crate::{Catalog, CatalogError};
use domain::{ScanId, Status};

impl Catalog {
    /// Approves a scan that is PENDING_REVIEW; a superseded one is refused.
    pub async fn approve(&self, scan: ScanId) -> Result<(), CatalogError> {
        let mut work = self.begin().await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        if state.status != Status::PendingReview {
            return Err(state.refuse("only a scan that is PENDING_REVIEW can be approved"));
        }
        if state.superseded_by.is_some() {
            return Err(state.refuse("a newer upload of the same key has replaced it"));
        }
        sqlx::query!("UPDATE scans SET status = 'APPROVED' WHERE id = $1", scan).execute(work.on()).await?;
        work.commit().await
    }
}
