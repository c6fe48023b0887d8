//! A person wants another try.

use crate::connection::Work;
use crate::ready::ready;
use crate::state::ScanState;
use crate::{Catalog, CatalogError};
use domain::{ScanId, Stage, Status, Task};

impl Catalog {
    /// Puts a scan that FAILED or was CANCELLED back to where its stage waits, with fresh counts and no deferral.
    /// Finished ranges are kept; every other range is ready. A superseded scan is refused: its file is not the key's
    /// any more.
    pub async fn retry(&self, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
        let mut work = self.begin().await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        check(&state)?;
        sqlx::query!("UPDATE scans SET not_before = NULL WHERE id = $1", scan).execute(work.on()).await?;
        restart(&mut work, &state).await?;
        let state = ScanState::lock_named(&mut work, scan).await?;
        let ready = ready(&mut work, &state).await?;
        work.commit().await?;
        Ok(ready)
    }
}

fn check(state: &ScanState) -> Result<(), CatalogError> {
    if !matches!(state.status, Status::Failed | Status::Cancelled) {
        return Err(state.refuse("only a scan that failed or was cancelled can be retried"));
    }
    if state.superseded_by.is_some() {
        return Err(state.refuse("a newer upload of the same key has replaced it"));
    }
    Ok(())
}

/// Puts an ended scan back to where the stage waits that it ended in. The caller holds its row.
pub(crate) async fn restart(work: &mut Work<'_>, state: &ScanState) -> Result<(), CatalogError> {
    let stage = state.failed_stage.unwrap_or(Stage::Compress);
    sqlx::query!(
        "UPDATE scans SET status = $2, attempts = 0, interruptions = 0, returns = 0 WHERE id = $1",
        state.scan,
        stage.waiting().as_str(),
    )
    .execute(work.on())
    .await?;
    sqlx::query!(
        "UPDATE page_ranges SET status = 'WAITING', attempts = 0, interruptions = 0,
             dispatched_at = clock_timestamp(), dispatches = 1
         WHERE scan_id = $1 AND generation = $2 AND status IN ('FAILED', 'WAITING')",
        state.scan,
        state.generation,
    )
    .execute(work.on())
    .await?;
    Ok(())
}
