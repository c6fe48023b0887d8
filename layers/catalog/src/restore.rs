//! Rebuilding lost rows from what the result bucket says about them.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::finish::{Publication, publish_results, replace_findings, replace_opinions};
use crate::lease::Lease;
use crate::state::record_event;
use domain::{FailureCode, ScanId, Stage};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What split stores beside the results of a scan, so that its rows can be rebuilt.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScanRecord {
    pub scan: ScanId,
    /// The upload: bucket, key, version, entity tag without quotes, bytes.
    pub bucket: String,
    pub key: String,
    pub version_id: String,
    pub etag: String,
    pub size_bytes: i64,
    pub reporter: String,
    pub volume: String,
    pub pages: i32,
    /// The token of the attempt that made the results.
    pub token: Uuid,
    pub publication: Publication,
}

impl Catalog {
    /// Makes a scan PENDING_REVIEW, with its own number, its opinions and its findings, as the record says. False if
    /// there is a row for this number or this version of the upload already; nothing is changed then.
    ///
    /// The row goes through the statuses that a scan goes through, in one transaction. No event is published again.
    pub async fn restore(&self, record: &ScanRecord) -> Result<bool, CatalogError> {
        let mut transaction = self.begin().await?;
        if !insert(&mut transaction, record).await? {
            return Ok(false);
        }
        advance(&mut transaction, record).await?;
        replace_opinions(&mut transaction, record.scan, &record.publication.opinions).await?;
        replace_findings(&mut transaction, record.scan, &record.publication.findings).await?;
        skip_as_found(&mut transaction, record.scan).await?;
        let lease = Lease { scan: record.scan, range: None, token: record.token, stage: Stage::Split };
        publish_results(&mut transaction, &lease, &record.publication).await?;
        replace_history(&mut transaction, record.scan).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

async fn insert(transaction: &mut Transaction<'_>, record: &ScanRecord) -> Result<bool, CatalogError> {
    let inserted = sqlx::query!(
        "INSERT INTO scans (id, bucket, key, version_id, etag, size_bytes, reporter, volume, first_page, last_page, status)
         OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'UPLOADED') ON CONFLICT DO NOTHING",
        record.scan,
        record.bucket,
        record.key,
        record.version_id,
        record.etag,
        record.size_bytes,
        record.reporter,
        record.volume,
        record.publication.first_page,
        record.publication.last_page,
    )
    .execute(transaction.executor())
    .await?;
    // New scans get numbers above all restored ones.
    sqlx::query!("SELECT setval(pg_get_serial_sequence('scans', 'id'), (SELECT max(id) FROM scans)) AS next")
        .fetch_one(transaction.executor())
        .await?;
    Ok(inserted.rows_affected() == 1)
}

/// From UPLOADED to SPLITTING.
async fn advance(transaction: &mut Transaction<'_>, record: &ScanRecord) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE scans SET status = 'COMPRESSING', lease = gen_random_uuid(), heartbeat_at = clock_timestamp() WHERE id = $1",
        record.scan,
    )
    .execute(transaction.executor())
    .await?;
    sqlx::query!("UPDATE scans SET status = 'COMPRESSED', pages = $2 WHERE id = $1", record.scan, record.pages)
        .execute(transaction.executor())
        .await?;
    for status in ["SCANNING", "SCANNED"] {
        sqlx::query!("UPDATE scans SET status = $2 WHERE id = $1", record.scan, status)
            .execute(transaction.executor())
            .await?;
    }
    sqlx::query!(
        "UPDATE scans SET status = 'SPLITTING', lease = $2, heartbeat_at = clock_timestamp() WHERE id = $1",
        record.scan,
        record.token,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

/// The results have a finding for each page that was skipped.
async fn skip_as_found(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<(), CatalogError> {
    sqlx::query!(
        "INSERT INTO skipped_pages (scan_id, page)
         SELECT scan_id, page_index + 1 FROM findings WHERE scan_id = $1 AND code = $2 AND page_index IS NOT NULL",
        scan,
        FailureCode::PageSkipped.as_str(),
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

/// What the triggers noted about the way to PENDING_REVIEW did not happen now.
async fn replace_history(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<(), CatalogError> {
    sqlx::query!("DELETE FROM outbox WHERE scan_id = $1", scan).execute(transaction.executor()).await?;
    sqlx::query!("DELETE FROM scan_events WHERE scan_id = $1", scan).execute(transaction.executor()).await?;
    sqlx::query!("DELETE FROM attempts WHERE scan_id = $1 AND stage <> 'split'", scan)
        .execute(transaction.executor())
        .await?;
    record_event(transaction, scan, "restored", serde_json::json!({ "to": "PENDING_REVIEW" })).await
}
