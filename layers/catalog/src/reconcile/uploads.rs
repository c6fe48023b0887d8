//! Uploads whose event was lost.

use crate::{Catalog, CatalogError};
use domain::{ListedUpload, UploadKey};

impl Catalog {
    /// The keys whose newest scan is not of this ETag, or that have no scan at all.
    pub async fn unrecorded_uploads(
        &self,
        bucket: &str,
        listed: &[&ListedUpload],
    ) -> Result<Vec<UploadKey>, CatalogError> {
        let keys: Vec<String> = listed.iter().map(|upload| upload.key.to_string()).collect();
        let etags: Vec<String> = listed.iter().map(|upload| upload.etag.clone()).collect();
        let mut work = self.begin().await?;
        let unrecorded = sqlx::query_scalar!(
            r#"SELECT listed.key AS "key!" FROM unnest($2::text[], $3::text[]) AS listed (key, etag)
               WHERE listed.etag IS DISTINCT FROM (
                   SELECT etag FROM scans WHERE bucket = $1 AND scans.key = listed.key ORDER BY id DESC LIMIT 1)"#,
            bucket,
            &keys,
            &etags,
        )
        .fetch_all(work.on())
        .await?;
        work.commit().await?;
        Ok(unrecorded.into_iter().map(UploadKey::new).collect())
    }
}
