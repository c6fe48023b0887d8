//! An upload becomes a scan.

use crate::connection::Work;
use crate::state::{take_ranges_back, tell};
use crate::{Catalog, CatalogError, Failure};
use domain::{FailureCode, ScanId, Status, Task, VolumeName, WaitsFor};

/// An open transaction that holds the row of one upload key: whoever else records an upload of that key waits. Ask S3
/// for the key's current version while holding it, then [`KeyLock::record`]. Dropping it lets go and changes nothing.
///
/// The catalog has one connection, and this is it: nothing else of the same [`Catalog`] runs meanwhile.
#[derive(Debug)]
pub struct KeyLock {
    work: Work<'static>,
    bucket: String,
    key: String,
}

/// A version of an upload as S3 has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewScan {
    /// The version.
    pub version_id: String,
    /// The entity tag, without its quotes.
    pub etag: String,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// What the key says, if it follows the convention.
    pub name: Option<VolumeName>,
    /// Why the upload is no work for compress (it is no PDF): the scan is FAILED from the start.
    pub refusal: Option<Failure>,
}

/// What became of an upload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recorded {
    /// It is a new scan.
    New {
        /// The new scan.
        scan: ScanId,
        /// The earlier scan of the key that it superseded, the newest if there were several.
        superseded: Option<ScanId>,
        /// Compress, unless the upload was refused or a person must confirm it first.
        ready: Vec<Task>,
    },
    /// This version, or the same file, has a scan already.
    Known {
        /// That scan.
        scan: ScanId,
        /// Compress, if it still waits for it.
        ready: Vec<Task>,
    },
}

impl Catalog {
    /// Waits for the row of an upload key and holds it.
    pub async fn lock_key(&self, bucket: &str, key: &str) -> Result<KeyLock, CatalogError> {
        let mut work = self.begin().await?;
        lock_key_row(&mut work, bucket, key).await?;
        Ok(KeyLock { work, bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

/// Takes the lock that serialises everything that decides between scans of one key.
pub(crate) async fn lock_key_row(work: &mut Work<'_>, bucket: &str, key: &str) -> Result<(), CatalogError> {
    sqlx::query!(
        "INSERT INTO upload_keys (bucket, key) VALUES ($1, $2)
         ON CONFLICT (bucket, key) DO UPDATE SET seen_at = clock_timestamp()",
        bucket,
        key,
    )
    .execute(work.on())
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
            ready: waits.then_some(Task::Compress { scan: self.id }).into_iter().collect(),
        }
    }
}

impl KeyLock {
    /// Records the version that S3 says is current, and lets the key go.
    pub async fn record(mut self, upload: &NewScan) -> Result<Recorded, CatalogError> {
        let earlier = self.lock_earlier().await?;
        let same_version = earlier.iter().find(|scan| scan.version_id == upload.version_id);
        let same_file = earlier.last().filter(|scan| scan.stands() && scan.etag == upload.etag);
        let recorded = match same_version.or(same_file) {
            Some(scan) => scan.known(),
            None => self.create(upload, &earlier).await?,
        };
        self.work.commit().await?;
        Ok(recorded)
    }

    async fn lock_earlier(&mut self) -> Result<Vec<Earlier>, CatalogError> {
        Ok(sqlx::query_as!(
            Earlier,
            r#"SELECT id, version_id, etag, status AS "status: Status", waits_for AS "waits_for: WaitsFor",
                   superseded_by IS NOT NULL AS "is_superseded!",
                   coalesce(not_before <= clock_timestamp(), true) AS "due!"
               FROM scans WHERE bucket = $1 AND key = $2 ORDER BY id FOR NO KEY UPDATE"#,
            self.bucket,
            self.key,
        )
        .fetch_all(self.work.on())
        .await?)
    }

    async fn create(&mut self, upload: &NewScan, earlier: &[Earlier]) -> Result<Recorded, CatalogError> {
        let asks = earlier.iter().any(|scan| scan.status == Status::Approved && !scan.is_superseded);
        let waits_for = asks.then_some(WaitsFor::Confirmation);
        let scan = self.insert(upload, waits_for).await?;
        let replaced: Vec<ScanId> = earlier
            .iter()
            .filter(|earlier| earlier.status != Status::Approved && !earlier.is_superseded)
            .map(|earlier| earlier.id)
            .collect();
        supersede(&mut self.work, &replaced, scan).await?;
        let waits = upload.refusal.is_none() && waits_for.is_none();
        let ready = waits.then_some(Task::Compress { scan }).into_iter().collect();
        Ok(Recorded::New { scan, superseded: replaced.last().copied(), ready })
    }

    async fn insert(&mut self, upload: &NewScan, waits_for: Option<WaitsFor>) -> Result<ScanId, CatalogError> {
        let status = if upload.refusal.is_some() { Status::Failed } else { Status::Uploaded };
        let name = upload.name.as_ref();
        let refusal = upload.refusal.as_ref();
        Ok(sqlx::query_scalar!(
            "INSERT INTO scans (bucket, key, version_id, etag, size_bytes, reporter, volume, first_page, last_page,
                 status, waits_for, error_code, error_message)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             RETURNING id",
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
        )
        .fetch_one(self.work.on())
        .await?)
    }
}

/// Marks scans as replaced by another; those that were not over are cancelled, and their workers lose their leases.
pub(crate) async fn supersede(work: &mut Work<'_>, scans: &[ScanId], by: ScanId) -> Result<(), CatalogError> {
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
    .execute(work.on())
    .await?;
    take_ranges_back(work, scans).await?;
    for scan in scans {
        tell(work, *scan, "superseded", serde_json::json!({ "by": by })).await?;
    }
    Ok(())
}
