//! Deleting what a scan made, and its original if a person wants that.

use crate::error::StageError;
use catalog::{AbandonedAttempt, Catalog, CatalogError};
use domain::{AttemptPrefix, ScanId, Stage, UploadKey};
use objects::{ObjectError, Objects};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Deleted {
    /// Objects of the result bucket. It keeps earlier versions for thirty days.
    pub objects: u64,
    pub with_original: bool,
}

/// Makes the scan CANCELLED(deleted) and deletes its files. If it stops halfway, the sweep of the results deletes the rest
/// of them, and a second call the original.
///
/// # Errors
/// When there is no such scan, functions may still touch it, it was approved, its upload is in another bucket, or the
/// database or S3 does not answer.
pub async fn delete(
    catalog: &Catalog,
    objects: &Objects,
    scan: ScanId,
    with_original: bool,
) -> Result<Deleted, StageError> {
    let row = catalog.require_scan(scan).await?.scan;
    if with_original && row.bucket != objects.upload_bucket() {
        let reason = format!("Its original is in the bucket {}, not in {}.", row.bucket, objects.upload_bucket());
        return Err(CatalogError::Refused { scan, status: row.summary.status, reason }.into());
    }
    let mut deleted = 0;
    for attempt in catalog.delete(scan, with_original).await? {
        deleted += delete_files(objects, &attempt).await?;
        catalog.mark_removed(attempt.token).await?;
    }
    if with_original {
        objects.delete_original(&UploadKey::new(row.summary.key), &row.version_id).await?;
    }
    Ok(Deleted { objects: deleted, with_original })
}

/// Deletes the files of an attempt, and returns their number.
pub(crate) async fn delete_files(objects: &Objects, attempt: &AbandonedAttempt) -> Result<u64, ObjectError> {
    let AbandonedAttempt { scan, stage, token } = *attempt;
    match stage {
        Stage::Compress | Stage::Scan => objects.delete_attempt(&AttemptPrefix::work(scan, token)).await,
        Stage::Split => objects.delete_attempt(&AttemptPrefix::result(scan, token)).await,
    }
}
