//! Deleting what a scan made.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::state::{ScanState, record_event};
use crate::sweep::AbandonedAttempt;
use domain::{FailureCode, ScanId, Stage, Status};

impl Catalog {
    /// Makes a scan that is PENDING_REVIEW, FAILED or CANCELLED CANCELLED(deleted), without results. Returns its attempts
    /// whose files are still there: the caller deletes them, or else the sweep of the results does. The row stays, because
    /// an original without a row would be recorded as a new scan. A retry makes everything again from the original.
    ///
    /// # Errors
    /// [`CatalogError::Refused`] while functions may touch the scan, and once it was approved.
    pub async fn delete(&self, scan: ScanId, with_original: bool) -> Result<Vec<AbandonedAttempt>, CatalogError> {
        let mut transaction = self.begin().await?;
        let state = ScanState::lock_existing(&mut transaction, scan).await?;
        if state.status == Status::Approved {
            return Err(state.refuse("A scan that was approved is final."));
        }
        if !state.status.is_ended() {
            return Err(state.refuse(&format!("Cancel it first: quire cancel {scan}.")));
        }
        let attempts = abandon_attempts(&mut transaction, scan).await?;
        forget_results(&mut transaction, scan).await?;
        let kind = if with_original { "deleted_with_original" } else { "deleted" };
        record_event(&mut transaction, scan, kind, serde_json::json!({})).await?;
        transaction.commit().await?;
        Ok(attempts)
    }
}

/// Makes the published attempts of a scan look like those that were abandoned, so that the sweep removes their files. An
/// attempt older than the table of attempts is known only by the prefixes that rows name.
async fn abandon_attempts(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
) -> Result<Vec<AbandonedAttempt>, CatalogError> {
    sqlx::query!(
        r"INSERT INTO attempts (token, scan_id, stage, generation, ended_at, is_published)
          SELECT split_part(prefix, '/', 3)::uuid, $1, stage, 0, clock_timestamp(), false
          FROM (SELECT work_prefix, 'compress' FROM scans WHERE id = $1
                UNION SELECT result_prefix, 'split' FROM scans WHERE id = $1
                UNION SELECT result_key, 'scan' FROM page_ranges WHERE scan_id = $1) AS named (prefix, stage)
          WHERE prefix ~ '^(work|results)/[0-9]+/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/'
          ON CONFLICT (token) DO NOTHING",
        scan,
    )
    .execute(transaction.executor())
    .await?;
    Ok(sqlx::query_as!(
        AbandonedAttempt,
        r#"UPDATE attempts SET is_published = false
           WHERE scan_id = $1 AND ended_at IS NOT NULL AND files_removed_at IS NULL
           RETURNING scan_id AS scan, stage AS "stage: Stage", token"#,
        scan,
    )
    .fetch_all(transaction.executor())
    .await?)
}

async fn forget_results(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<(), CatalogError> {
    for table in ["page_ranges", "opinions", "findings"] {
        let statement = sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE scan_id = $1"));
        sqlx::query(statement).bind(scan).execute(transaction.executor()).await?;
    }
    sqlx::query!(
        "UPDATE scans SET status = 'CANCELLED', error_code = $2, error_message = $3 WHERE id = $1",
        scan,
        FailureCode::Deleted.as_str(),
        FailureCode::Deleted.meaning(),
    )
    .execute(transaction.executor())
    .await?;
    // A second statement, because the trigger derives the failed stage from the change of the status.
    sqlx::query!(
        "UPDATE scans SET failed_stage = 'compress', waits_for = NULL, work_prefix = NULL, result_prefix = NULL,
             summary = NULL, details = '{}', updated_at = clock_timestamp()
         WHERE id = $1",
        scan,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}
