//! The scan that `intake` records of an upload.

use catalog::{Catalog, CatalogError, Filter, ScanRow, ScanSummary};
use domain::{Status, UploadKey};

/// How many of the newest scans of a key are compared. Several people may upload to one key at once.
const SCANS_OF_A_KEY: i64 = 5;

/// The scan of an upload.
#[derive(Debug)]
pub struct Arrival {
    pub scan: ScanSummary,
    /// Whether the same file had a scan before, so that this upload made no new one.
    pub is_known: bool,
}

/// The scan of a version of an upload. None while `intake` has not recorded it.
///
/// # Errors
/// When the database does not answer.
pub async fn arrival(
    catalog: &Catalog,
    bucket: &str,
    key: &UploadKey,
    version_id: &str,
    etag: &str,
) -> Result<Option<Arrival>, CatalogError> {
    let rows = scans_of(catalog, bucket, key).await?;
    Ok(rows.into_iter().find_map(|row| arrived(row, version_id, etag)))
}

/// The newest scans of a key, newest first.
async fn scans_of(catalog: &Catalog, bucket: &str, key: &UploadKey) -> Result<Vec<ScanRow>, CatalogError> {
    let filter = Filter { key: Some(key.as_str().to_owned()), limit: SCANS_OF_A_KEY, ..Filter::default() };
    let mut rows = Vec::new();
    for summary in catalog.scans(&filter).await? {
        let detail = catalog.scan(summary.id).await?;
        rows.extend(detail.map(|detail| detail.scan).filter(|row| row.bucket == bucket));
    }
    Ok(rows)
}

/// `intake` records no second scan of the current file of a key, unless the first one failed or was cancelled.
#[must_use]
pub fn arrived(row: ScanRow, version_id: &str, etag: &str) -> Option<Arrival> {
    let is_same_file = row.etag == etag;
    let is_same_version = is_same_file && row.version_id == version_id;
    let is_over = matches!(row.summary.status, Status::Failed | Status::Cancelled);
    let stands_for_it = is_same_file && !is_over && row.summary.superseded_by.is_none();
    (is_same_version || stands_for_it).then_some(Arrival { scan: row.summary, is_known: !is_same_version })
}
