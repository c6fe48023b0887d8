//! An upload becomes a scan.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::lease::Failure;
use crate::state::{record_event, release_ranges};
use domain::{FailureCode, ScanId, Status, Task, Uploader, VolumeName, WaitsFor};

/// An open transaction that locks one upload key, so that no other worker records an upload of that key. While holding
/// it, ask S3 for the current version, then call [`KeyLock::record`]. Dropping it releases the lock and changes nothing.
///
/// It occupies the only connection of its [`Catalog`]: other calls wait until it is released.
#[derive(Debug)]
pub struct KeyLock {
    transaction: Transaction<'static>,
    bucket: String,
    key: String,
}

/// A version of an upload as S3 has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewScan {
    pub version_id: String,
    /// The entity tag, without its quotes.
    pub etag: String,
    pub size_bytes: i64,
    /// The name in the key, if the key follows the convention.
    pub name: Option<VolumeName>,
    /// None if nobody knows who uploaded it.
    pub uploader: Option<Uploader>,
    /// The scan belongs to a bulk upload if so many volumes of its uploader wait for compress or are in it.
    pub bulk_upload_volumes: i64,
    /// Why the scan is FAILED from the start, for example because the file is not a PDF.
    pub refusal: Option<Failure>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recorded {
    New {
        scan: ScanId,
        /// The newest of the earlier scans of the key that it superseded.
        superseded: Option<ScanId>,
        /// [`Task::Compress`], unless the upload was refused or waits for confirmation.
        ready: Vec<Task>,
    },
    /// This version, or the same file in an earlier version, already has a scan.
    Known {
        scan: ScanId,
        /// [`Task::Compress`], if the scan still waits for it.
        ready: Vec<Task>,
    },
}

impl Catalog {
    /// Waits until no other worker holds the lock of the upload key.
    pub async fn lock_key(&self, bucket: &str, key: &str) -> Result<KeyLock, CatalogError> {
        let mut transaction = self.begin().await?;
        lock_key_row(&mut transaction, bucket, key).await?;
        Ok(KeyLock { transaction, bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

/// Takes the lock that serialises every decision between scans of one key.
pub(crate) async fn lock_key_row(
    transaction: &mut Transaction<'_>,
    bucket: &str,
    key: &str,
) -> Result<(), CatalogError> {
    sqlx::query!(
        "INSERT INTO upload_keys (bucket, key) VALUES ($1, $2)
         ON CONFLICT (bucket, key) DO UPDATE SET seen_at = clock_timestamp()",
        bucket,
        key,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

/// An earlier scan of the same key.
struct Earlier {
    id: ScanId,
    version_id: String,
    etag: String,
    status: Status,
    waits_for: Option<WaitsFor>,
    is_bulk: bool,
    is_superseded: bool,
    due: bool,
}

impl Earlier {
    /// Whether an upload of the same file would only repeat this scan.
    fn stands(&self) -> bool {
        !matches!(self.status, Status::Failed | Status::Cancelled)
    }

    fn known(&self) -> Recorded {
        let waits = self.status == Status::Uploaded && self.waits_for.is_none() && self.due;
        Recorded::Known {
            scan: self.id,
            ready: waits.then_some(Task::Compress { scan: self.id, is_bulk: self.is_bulk }).into_iter().collect(),
        }
    }
}

impl KeyLock {
    /// Records the version that S3 says is current, and releases the lock.
    pub async fn record(mut self, upload: &NewScan) -> Result<Recorded, CatalogError> {
        let earlier = self.lock_earlier().await?;
        let same_version = earlier.iter().find(|scan| scan.version_id == upload.version_id);
        let same_file = earlier.last().filter(|scan| scan.stands() && scan.etag == upload.etag);
        let recorded = match same_version.or(same_file) {
            Some(scan) => scan.known(),
            None => self.create(upload, &earlier).await?,
        };
        self.transaction.commit().await?;
        Ok(recorded)
    }

    async fn lock_earlier(&mut self) -> Result<Vec<Earlier>, CatalogError> {
        Ok(sqlx::query_as!(
            Earlier,
            r#"SELECT id, version_id, etag, status AS "status: Status", waits_for AS "waits_for: WaitsFor", is_bulk,
                   superseded_by IS NOT NULL AS "is_superseded!",
                   coalesce(not_before <= clock_timestamp(), true) AS "due!"
               FROM scans WHERE bucket = $1 AND key = $2 ORDER BY id FOR NO KEY UPDATE"#,
            self.bucket,
            self.key,
        )
        .fetch_all(self.transaction.executor())
        .await?)
    }

    async fn create(&mut self, upload: &NewScan, earlier: &[Earlier]) -> Result<Recorded, CatalogError> {
        let asks = earlier.iter().any(|scan| scan.status == Status::Approved && !scan.is_superseded);
        let waits_for = asks.then_some(WaitsFor::Confirmation);
        lock_uploader(&mut self.transaction, upload.uploader.as_ref()).await?;
        let (scan, is_bulk) = self.insert(upload, waits_for).await?;
        let replaced: Vec<ScanId> = earlier
            .iter()
            .filter(|earlier| earlier.status != Status::Approved && !earlier.is_superseded)
            .map(|earlier| earlier.id)
            .collect();
        supersede(&mut self.transaction, &replaced, scan).await?;
        let waits = upload.refusal.is_none() && waits_for.is_none();
        let ready = waits.then_some(Task::Compress { scan, is_bulk }).into_iter().collect();
        Ok(Recorded::New { scan, superseded: replaced.last().copied(), ready })
    }

    /// Returns the number of the scan, and whether it belongs to a bulk upload.
    async fn insert(&mut self, upload: &NewScan, waits_for: Option<WaitsFor>) -> Result<(ScanId, bool), CatalogError> {
        let status = if upload.refusal.is_some() { Status::Failed } else { Status::Uploaded };
        let name = upload.name.as_ref();
        let refusal = upload.refusal.as_ref();
        let inserted = sqlx::query!(
            "INSERT INTO scans (bucket, key, version_id, etag, size_bytes, reporter, volume, first_page, last_page,
                 status, waits_for, error_code, error_message, uploader, is_bulk)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 <= (
                 SELECT count(*) FROM scans
                 WHERE status IN ('UPLOADED', 'COMPRESSING') AND waits_for IS NULL
                   AND uploader IS NOT DISTINCT FROM $14))
             RETURNING id, is_bulk",
            self.bucket,
            self.key,
            upload.version_id,
            upload.etag,
            upload.size_bytes,
            name.map(VolumeName::reporter),
            name.map(VolumeName::volume),
            name.and_then(VolumeName::first_page).map(|page| page as i32),
            name.and_then(VolumeName::last_page).map(|page| page as i32),
            status.as_str(),
            waits_for.map(WaitsFor::as_str),
            refusal.map(|refusal| refusal.code.as_str()),
            refusal.map(|refusal| refusal.message.as_str()),
            upload.uploader.as_ref().map(Uploader::as_str),
            upload.bulk_upload_volumes,
        )
        .fetch_one(self.transaction.executor())
        .await?;
        Ok((inserted.id, inserted.is_bulk))
    }
}

/// Takes the lock with which no other worker records an upload of the same uploader. Each of two workers at once would
/// count the volumes without that of the other.
async fn lock_uploader(transaction: &mut Transaction<'_>, uploader: Option<&Uploader>) -> Result<(), CatalogError> {
    sqlx::query!(
        "INSERT INTO uploaders (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET seen_at = clock_timestamp()",
        uploader.map_or("", Uploader::as_str),
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

/// Marks scans as replaced by another scan. Those that have not ended are cancelled, and their workers lose their leases.
pub(crate) async fn supersede(
    transaction: &mut Transaction<'_>,
    scans: &[ScanId],
    by: ScanId,
) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE scans SET superseded_by = $2, updated_at = clock_timestamp(),
             status = CASE WHEN finished_at IS NULL THEN 'CANCELLED' ELSE status END,
             error_code = CASE WHEN finished_at IS NULL THEN $3 ELSE error_code END,
             error_message = CASE WHEN finished_at IS NULL THEN $4 ELSE error_message END
         WHERE id = ANY($1)",
        scans,
        by,
        FailureCode::Superseded.as_str(),
        FailureCode::Superseded.meaning(),
    )
    .execute(transaction.executor())
    .await?;
    release_ranges(transaction, scans).await?;
    for scan in scans {
        record_event(transaction, *scan, "superseded", serde_json::json!({ "by": by })).await?;
    }
    Ok(())
}
