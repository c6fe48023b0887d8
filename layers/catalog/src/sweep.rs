//! What a slow sweep over the buckets needs to know.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use domain::{ListedUpload, ScanId, Stage, UploadKey};
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

impl Catalog {
    /// The keys whose event was lost: they have no scan, their newest scan has another ETag, or it ended as FAILED or
    /// CANCELLED before the same file was uploaded again.
    pub async fn unrecorded_uploads(
        &self,
        bucket: &str,
        listed: &[&ListedUpload],
    ) -> Result<Vec<UploadKey>, CatalogError> {
        let keys: Vec<String> = listed.iter().map(|upload| upload.key.to_string()).collect();
        let etags: Vec<String> = listed.iter().map(|upload| upload.etag.clone()).collect();
        let times: Vec<OffsetDateTime> = listed.iter().map(|upload| upload.last_modified).collect();
        let mut transaction = self.begin().await?;
        let unrecorded = sqlx::query_scalar!(
            r#"SELECT listed.key AS "key!"
               FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS listed (key, etag, uploaded_at)
               LEFT JOIN LATERAL (
                   SELECT etag, status, finished_at FROM scans
                   WHERE bucket = $1 AND scans.key = listed.key ORDER BY id DESC LIMIT 1) AS newest ON true
               WHERE listed.etag IS DISTINCT FROM newest.etag
                  OR newest.status IN ('FAILED', 'CANCELLED') AND listed.uploaded_at > newest.finished_at"#,
            bucket,
            &keys,
            &etags,
            &times,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(unrecorded.into_iter().map(UploadKey::new).collect())
    }
}

/// An attempt that ended without publishing. Its files may be deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbandonedAttempt {
    pub scan: ScanId,
    pub stage: Stage,
    /// The token of its lease.
    pub token: Uuid,
}

impl Catalog {
    /// Attempts that ended without publishing at least `age` ago and whose files were not removed yet, the oldest first,
    /// at most `limit`. Files of attempts that this database does not know, or whose prefix a row names, are not among
    /// them: it may be a restored or an empty one.
    pub async fn abandoned_attempts(&self, age: Duration, limit: i64) -> Result<Vec<AbandonedAttempt>, CatalogError> {
        let mut transaction = self.begin().await?;
        let abandoned = sqlx::query_as!(
            AbandonedAttempt,
            r#"SELECT scan_id AS scan, stage AS "stage: Stage", token FROM attempts
               WHERE NOT is_published AND files_removed_at IS NULL
                 AND ended_at <= clock_timestamp() - make_interval(secs => $1)
                 AND NOT EXISTS (SELECT FROM scans WHERE id = scan_id
                     AND position(token::text IN concat(work_prefix, ' ', result_prefix)) > 0)
                 AND NOT EXISTS (SELECT FROM page_ranges WHERE page_ranges.scan_id = attempts.scan_id
                     AND position(token::text IN result_key) > 0)
               ORDER BY ended_at LIMIT $2"#,
            age.as_secs_f64(),
            limit,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(abandoned)
    }

    /// Notes that the files of an abandoned attempt were removed.
    pub async fn mark_removed(&self, token: Uuid) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        sqlx::query!("UPDATE attempts SET files_removed_at = clock_timestamp() WHERE token = $1", token)
            .execute(transaction.executor())
            .await?;
        transaction.commit().await
    }
}

/// A year and a month, so that a volume can be compared with the same one a year ago.
const RETENTION_DAYS: i32 = 400;

impl Catalog {
    /// Deletes what nobody looks at any more: samples, events that were published, the timelines of scans that ended,
    /// what people did, and locks of uploaders and of upload keys without a scan, all older than 400 days. Sessions,
    /// invitations and failed attempts to sign in go when they mean nothing any more. Returns the number of rows.
    pub async fn prune(&self) -> Result<i64, CatalogError> {
        let mut transaction = self.begin().await?;
        let deleted = sqlx::query_scalar!(
            r#"WITH day AS (SELECT clock_timestamp() - make_interval(days => $1) AS oldest),
               old_samples AS (DELETE FROM samples USING day WHERE at < oldest RETURNING 1),
               old_outbox AS (DELETE FROM outbox USING day WHERE sent_at < oldest RETURNING 1),
               old_events AS (
                   DELETE FROM scan_events USING day, scans
                   WHERE at < oldest AND scans.id = scan_id AND status IN ('APPROVED', 'FAILED', 'CANCELLED')
                   RETURNING 1),
               old_keys AS (
                   DELETE FROM upload_keys USING day WHERE seen_at < oldest AND NOT EXISTS (
                       SELECT FROM scans WHERE scans.bucket = upload_keys.bucket AND scans.key = upload_keys.key)
                   RETURNING 1),
               old_uploaders AS (DELETE FROM uploaders USING day WHERE seen_at < oldest RETURNING 1),
               old_activity AS (DELETE FROM activity USING day WHERE at < oldest RETURNING 1),
               old_sessions AS (
                   DELETE FROM sessions WHERE seen_at < clock_timestamp() - interval '30 days' RETURNING 1),
               old_invitations AS (
                   DELETE FROM invitations WHERE expires_at < clock_timestamp() - interval '30 days' RETURNING 1),
               old_openid AS (
                   DELETE FROM openid_sign_ins WHERE begun_at < clock_timestamp() - interval '1 day' RETURNING 1),
               old_failures AS (
                   DELETE FROM sign_in_failures WHERE at < clock_timestamp() - interval '1 day' RETURNING 1)
               SELECT (SELECT count(*) FROM old_samples) + (SELECT count(*) FROM old_outbox)
                    + (SELECT count(*) FROM old_events) + (SELECT count(*) FROM old_keys)
                    + (SELECT count(*) FROM old_activity) + (SELECT count(*) FROM old_sessions)
                    + (SELECT count(*) FROM old_invitations) + (SELECT count(*) FROM old_failures)
                    + (SELECT count(*) FROM old_openid) + (SELECT count(*) FROM old_uploaders) AS "deleted!""#,
            RETENTION_DAYS,
        )
        .fetch_one(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(deleted)
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
