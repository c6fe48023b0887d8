//! Waits until `intake` has recorded the scan of an upload.

use crate::service::error::ServiceError;
use catalog::{Catalog, Filter, ScanRow, ScanSummary};
use domain::{Status, UploadKey};
use objects::{ObjectVersion, Objects};
use std::time::Duration;
use tokio::time::Instant;

const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// How many of the newest scans of a key are compared. Several people may upload to one key at once.
const SCANS_OF_A_KEY: i64 = 5;

/// The scan of an upload.
#[derive(Debug)]
pub struct Arrival {
    pub scan: ScanSummary,
    /// Whether the same file had a scan before, so that this upload made no new one.
    pub is_known: bool,
}

/// Waits for the scan of an upload. Without `patience`, it waits forever.
pub async fn arrival(
    catalog: &Catalog,
    objects: &Objects,
    key: &UploadKey,
    version: &ObjectVersion,
    patience: Option<Duration>,
) -> Result<Option<Arrival>, ServiceError> {
    let started = Instant::now();
    loop {
        let rows = scans_of(catalog, objects.upload_bucket(), key).await?;
        let arrived = rows.into_iter().find_map(|row| arrived(row, version));
        if arrived.is_some() || patience.is_some_and(|patience| started.elapsed() >= patience) {
            return Ok(arrived);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// The newest scans of a key, newest first.
async fn scans_of(catalog: &Catalog, bucket: &str, key: &UploadKey) -> Result<Vec<ScanRow>, ServiceError> {
    let filter = Filter { key: Some(key.as_str().to_owned()), limit: SCANS_OF_A_KEY, ..Filter::default() };
    let mut rows = Vec::new();
    for summary in catalog.scans(&filter).await? {
        let detail = catalog.scan(summary.id).await?;
        rows.extend(detail.map(|detail| detail.scan).filter(|row| row.bucket == bucket));
    }
    Ok(rows)
}

/// `intake` records no second scan of the current file of a key, unless the first one failed or was cancelled.
fn arrived(row: ScanRow, version: &ObjectVersion) -> Option<Arrival> {
    let is_same_file = row.etag == version.etag;
    let is_same_version = is_same_file && row.version_id == version.version_id;
    let is_over = matches!(row.summary.status, Status::Failed | Status::Cancelled);
    let stands_for_it = is_same_file && !is_over && row.summary.superseded_by.is_none();
    (is_same_version || stands_for_it).then_some(Arrival { scan: row.summary, is_known: !is_same_version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::detail;
    use time::OffsetDateTime;

    fn version(version_id: &str, etag: &str) -> ObjectVersion {
        ObjectVersion {
            version_id: version_id.to_owned(),
            etag: etag.to_owned(),
            size_bytes: 1,
            last_modified: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn found(status: Status, version: &ObjectVersion) -> Option<bool> {
        arrived(detail(7, status).scan, version).map(|arrival| arrival.is_known)
    }

    #[test]
    fn the_scan_of_the_version_belongs_to_the_upload() {
        assert_eq!(found(Status::Uploaded, &version("version", "etag")), Some(false));
        assert_eq!(found(Status::Failed, &version("version", "etag")), Some(false));
        assert_eq!(found(Status::Uploaded, &version("other", "other")), None);
    }

    #[test]
    fn the_same_file_has_a_scan_already_unless_it_failed_or_was_cancelled() {
        assert_eq!(found(Status::Approved, &version("other", "etag")), Some(true));
        assert_eq!(found(Status::Failed, &version("other", "etag")), None);
        assert_eq!(found(Status::Cancelled, &version("other", "etag")), None);
        let mut replaced = detail(7, Status::PendingReview).scan;
        replaced.summary.superseded_by = Some(8);
        assert!(arrived(replaced, &version("other", "etag")).is_none());
    }
}
