//! Uploads whose event was lost.

use crate::intake::unquoted;
use crate::{Catalog, CatalogError};

/// An upload as a listing of the bucket shows it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SeenUpload {
    /// The key.
    pub key: String,
    /// The ETag, with or without quotes.
    pub etag: String,
}

impl Catalog {
    /// The keys whose newest scan is not of this ETag, or that have no scan at all.
    pub async fn unrecorded_uploads(&self, bucket: &str, seen: &[SeenUpload]) -> Result<Vec<String>, CatalogError> {
        let keys: Vec<String> = seen.iter().map(|upload| upload.key.clone()).collect();
        let etags: Vec<String> = seen.iter().map(|upload| unquoted(&upload.etag).to_owned()).collect();
        let mut work = self.begin().await?;
        let unrecorded = sqlx::query_scalar!(
            r#"SELECT seen.key AS "key!" FROM unnest($2::text[], $3::text[]) AS seen (key, etag)
               WHERE seen.etag IS DISTINCT FROM (
                   SELECT etag FROM scans WHERE bucket = $1 AND scans.key = seen.key ORDER BY id DESC LIMIT 1)"#,
            bucket,
            &keys,
            &etags,
        )
        .fetch_all(work.on())
        .await?;
        work.commit().await?;
        Ok(unrecorded)
    }
}
