//! Waits until `intake` has recorded the scan of an upload.

use crate::service::error::ServiceError;
use catalog::Catalog;
use domain::UploadKey;
use objects::{ObjectVersion, Objects};
use pipeline::arrival::{self, Arrival};
use std::time::Duration;
use tokio::time::Instant;

const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

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
        let ObjectVersion { version_id, etag, .. } = version;
        let arrived = arrival::arrival(catalog, objects.upload_bucket(), key, version_id, etag).await?;
        if arrived.is_some() || patience.is_some_and(|patience| started.elapsed() >= patience) {
            return Ok(arrived);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::detail;
    use domain::Status;
    use pipeline::arrival::arrived;
    use time::OffsetDateTime;

    fn version(version_id: &str, etag: &str) -> ObjectVersion {
        ObjectVersion {
            version_id: version_id.to_owned(),
            etag: etag.to_owned(),
            size_bytes: 1,
            last_modified: OffsetDateTime::UNIX_EPOCH,
            uploader: None,
        }
    }

    fn found(status: Status, version: &ObjectVersion) -> Option<bool> {
        arrived(detail(7, status).scan, &version.version_id, &version.etag).map(|arrival| arrival.is_known)
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
        assert!(arrived(replaced, "other", "etag").is_none());
    }
}
