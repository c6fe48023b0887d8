//! What operators do to a scan.
//!
//! Each action returns [`CatalogError::Unknown`] for a scan that does not exist, and [`CatalogError::Refused`] where the
//! scan's state does not allow it. It changes nothing then.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::intake::{lock_key_row, supersede};
use crate::state::{SUPERSEDED, ScanState, mark_dispatched, ready, record_event, release_ranges};
use domain::{FailureCode, ScanId, Status, Task, VolumeName, WaitsFor};
use time::OffsetDateTime;

const ENDED: &str = "It has already ended.";

impl Catalog {
    /// Puts a FAILED or CANCELLED scan back to the status in which its stage waits, with fresh counts and no deferral.
    /// Finished ranges are kept, and every other range is ready. A superseded scan is refused, because the key has
    /// another file now.
    pub async fn retry(&self, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
        let mut transaction = self.begin().await?;
        let state = ScanState::lock_existing(&mut transaction, scan).await?;
        state.require_restartable()?;
        sqlx::query!("UPDATE scans SET not_before = NULL WHERE id = $1", scan).execute(transaction.executor()).await?;
        state.restart(&mut transaction).await?;
        let ready = ready(&mut transaction, scan).await?;
        transaction.commit().await?;
        Ok(ready)
    }

    /// Cancels a scan that has not ended. Its workers lose their leases.
    pub async fn cancel(&self, scan: ScanId) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        let state = ScanState::lock_existing(&mut transaction, scan).await?;
        if state.status.is_ended() {
            return Err(state.refuse(ENDED));
        }
        sqlx::query!(
            "UPDATE scans SET status = 'CANCELLED', error_code = $2, error_message = $3 WHERE id = $1",
            scan,
            FailureCode::Cancelled.as_str(),
            FailureCode::Cancelled.meaning(),
        )
        .execute(transaction.executor())
        .await?;
        release_ranges(&mut transaction, &[scan]).await?;
        transaction.commit().await
    }

    /// Prevents claims of the scan before `until`. Attempts that are running continue. A time in the past ends a
    /// deferral, and the tasks that are ready now are returned.
    pub async fn defer(&self, scan: ScanId, until: OffsetDateTime) -> Result<Vec<Task>, CatalogError> {
        let mut transaction = self.begin().await?;
        let state = ScanState::lock_existing(&mut transaction, scan).await?;
        if state.status.is_ended() {
            return Err(state.refuse(ENDED));
        }
        sqlx::query!("UPDATE scans SET not_before = $2, updated_at = clock_timestamp() WHERE id = $1", scan, until,)
            .execute(transaction.executor())
            .await?;
        record_event(&mut transaction, scan, "deferred", serde_json::json!({ "until": until.to_string() })).await?;
        let ready = ready(&mut transaction, scan).await?;
        if !ready.is_empty() {
            mark_dispatched(&mut transaction, scan).await?;
        }
        transaction.commit().await?;
        Ok(ready)
    }

    /// Gives a scan its reporter, volume and first page. A scan that waited for them is ready for split. Refused once
    /// split has begun, because the results contain the name. A name without a first page is
    /// [`CatalogError::Invalid`].
    pub async fn describe(&self, scan: ScanId, name: &VolumeName) -> Result<Vec<Task>, CatalogError> {
        let first_page = name.first_page().ok_or_else(|| {
            CatalogError::Invalid("The name of the volume does not include the number of its first page.".to_owned())
        })?;
        let mut transaction = self.begin().await?;
        let state = ScanState::lock_existing(&mut transaction, scan).await?;
        if matches!(state.status, Status::Splitting | Status::PendingReview | Status::Approved) {
            return Err(state.refuse("Its results already contain its name."));
        }
        write_name(&mut transaction, scan, name, first_page as i32).await?;
        let ready = ready_once_named(&mut transaction, &state).await?;
        transaction.commit().await?;
        Ok(ready)
    }

    /// Lets a scan that waits for confirmation proceed. It supersedes the approved scans of its key.
    pub async fn confirm(&self, scan: ScanId) -> Result<Vec<Task>, CatalogError> {
        let mut transaction = self.begin().await?;
        lock_key_of(&mut transaction, scan).await?;
        let state = ScanState::lock_existing(&mut transaction, scan).await?;
        if state.status != Status::Uploaded || state.waits_for != Some(WaitsFor::Confirmation) {
            return Err(state.refuse("It does not wait for confirmation."));
        }
        sqlx::query!("UPDATE scans SET waits_for = NULL WHERE id = $1", scan).execute(transaction.executor()).await?;
        record_event(&mut transaction, scan, "confirmed", serde_json::json!({})).await?;
        let approved = approved_before(&mut transaction, scan).await?;
        supersede(&mut transaction, &approved, scan).await?;
        mark_dispatched(&mut transaction, scan).await?;
        let ready = ready(&mut transaction, scan).await?;
        transaction.commit().await?;
        Ok(ready)
    }

    /// Records what an operator did with a message of this scan. False if there is no such scan.
    pub async fn record_action(
        &self,
        scan: ScanId,
        kind: &str,
        detail: serde_json::Value,
    ) -> Result<bool, CatalogError> {
        let mut transaction = self.begin().await?;
        let is_known = ScanState::lock(&mut transaction, scan).await?.is_some();
        if is_known {
            record_event(&mut transaction, scan, kind, detail).await?;
        }
        transaction.commit().await?;
        Ok(is_known)
    }

    /// Approves a scan that is PENDING_REVIEW. A superseded scan is refused.
    pub async fn approve(&self, scan: ScanId) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        let state = ScanState::lock_existing(&mut transaction, scan).await?;
        if state.status != Status::PendingReview {
            return Err(state.refuse("Only a scan that is PENDING_REVIEW can be approved."));
        }
        if state.superseded_by.is_some() {
            return Err(state.refuse(SUPERSEDED));
        }
        sqlx::query!("UPDATE scans SET status = 'APPROVED' WHERE id = $1", scan)
            .execute(transaction.executor())
            .await?;
        transaction.commit().await
    }
}

async fn write_name(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    name: &VolumeName,
    first_page: i32,
) -> Result<(), CatalogError> {
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
    .execute(transaction.executor())
    .await?;
    let detail = serde_json::json!({ "reporter": reporter, "volume": volume, "first_page": first_page });
    record_event(transaction, scan, "described", detail).await
}

/// The tasks of a scan that waited for its name.
async fn ready_once_named(transaction: &mut Transaction<'_>, before: &ScanState) -> Result<Vec<Task>, CatalogError> {
    if before.status != Status::Scanned || before.waits_for != Some(WaitsFor::Metadata) {
        return Ok(Vec::new());
    }
    mark_dispatched(transaction, before.scan).await?;
    ready(transaction, before.scan).await
}

/// Keeps intake from recording an upload of the same key, which also depends on the approved scan.
async fn lock_key_of(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<(), CatalogError> {
    let upload = sqlx::query!("SELECT bucket, key FROM scans WHERE id = $1", scan)
        .fetch_optional(transaction.executor())
        .await?
        .ok_or(CatalogError::Unknown(scan))?;
    lock_key_row(transaction, &upload.bucket, &upload.key).await
}

async fn approved_before(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Vec<ScanId>, CatalogError> {
    Ok(sqlx::query_scalar!(
        "SELECT earlier.id FROM scans AS earlier JOIN scans AS this USING (bucket, key)
         WHERE this.id = $1 AND earlier.id < this.id AND earlier.status = 'APPROVED'
           AND earlier.superseded_by IS NULL
         ORDER BY earlier.id FOR NO KEY UPDATE OF earlier",
        scan,
    )
    .fetch_all(transaction.executor())
    .await?)
}
