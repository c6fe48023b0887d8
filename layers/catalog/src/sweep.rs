//! What a slow sweep over the buckets needs to know.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use domain::{AttemptKind, AttemptPrefix, ListedUpload, ScanId, UploadKey};
use uuid::Uuid;

impl Catalog {
    /// The keys that have no scan, or whose newest scan has another ETag: their event was lost.
    pub async fn unrecorded_uploads(
        &self,
        bucket: &str,
        listed: &[&ListedUpload],
    ) -> Result<Vec<UploadKey>, CatalogError> {
        let keys: Vec<String> = listed.iter().map(|upload| upload.key.to_string()).collect();
        let etags: Vec<String> = listed.iter().map(|upload| upload.etag.clone()).collect();
        let mut transaction = self.begin().await?;
        let unrecorded = sqlx::query_scalar!(
            r#"SELECT listed.key AS "key!" FROM unnest($2::text[], $3::text[]) AS listed (key, etag)
               WHERE listed.etag IS DISTINCT FROM (
                   SELECT etag FROM scans WHERE bucket = $1 AND scans.key = listed.key ORDER BY id DESC LIMIT 1)"#,
            bucket,
            &keys,
            &etags,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(unrecorded.into_iter().map(UploadKey::new).collect())
    }
}

impl Catalog {
    /// Those attempts whose prefix a row names (published by compress or split, or holding a finished range's
    /// results), or whose token is a lease that is still held. Every other one may be deleted.
    pub async fn live_attempts<K: AttemptKind>(
        &self,
        attempts: &[AttemptPrefix<K>],
    ) -> Result<Vec<AttemptPrefix<K>>, CatalogError> {
        let prefixes: Vec<String> = attempts.iter().map(ToString::to_string).collect();
        let scans: Vec<ScanId> = attempts.iter().map(AttemptPrefix::scan).collect();
        let tokens: Vec<Uuid> = attempts.iter().map(AttemptPrefix::token).collect();
        let mut transaction = self.begin().await?;
        let live = sqlx::query_scalar!(
            r#"SELECT place AS "place!"
               FROM unnest($1::text[], $2::bigint[], $3::uuid[]) WITH ORDINALITY AS attempt (prefix, scan, token, place)
               WHERE EXISTS (
                   SELECT FROM scans WHERE id = scan AND (work_prefix = prefix OR result_prefix = prefix OR lease = token)
               ) OR EXISTS (
                   SELECT FROM page_ranges WHERE scan_id = scan AND (lease = token OR starts_with(result_key, prefix))
               )"#,
            &prefixes,
            &scans,
            &tokens,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(live.into_iter().filter_map(|place| attempts.get(place as usize - 1).copied()).collect())
    }
}

impl Catalog {
    /// The position at which the sweep of this name continues. None means from the start.
    pub async fn cursor(&self, name: &str) -> Result<Option<String>, CatalogError> {
        let mut transaction = self.begin().await?;
        let position = sqlx::query_scalar!("SELECT position FROM cursors WHERE name = $1", name)
            .fetch_optional(transaction.executor())
            .await?;
        transaction.commit().await?;
        Ok(position)
    }

    pub async fn set_cursor(&self, name: &str, position: Option<&str>) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        match position {
            Some(position) => store(&mut transaction, name, position).await?,
            None => {
                sqlx::query!("DELETE FROM cursors WHERE name = $1", name).execute(transaction.executor()).await?;
            }
        }
        transaction.commit().await
    }
}

async fn store(transaction: &mut Transaction<'_>, name: &str, position: &str) -> Result<(), CatalogError> {
    sqlx::query!(
        "INSERT INTO cursors (name, position) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated_at = clock_timestamp()",
        name,
        position,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}
