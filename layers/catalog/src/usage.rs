//! What attempts used, from which their cost follows.

use crate::connection::Catalog;
use crate::error::CatalogError;
use domain::{ScanId, Stage};
use serde::Serialize;
use uuid::Uuid;

/// What one attempt used. Its time is known from its start and its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Of the function. None outside of Lambda.
    pub memory_megabytes: Option<i32>,
    /// From and to S3.
    pub bytes_read: i64,
    pub bytes_written: i64,
    /// Requests to S3: GET and HEAD.
    pub read_requests: i32,
    /// Requests to S3: PUT, POST and LIST.
    pub write_requests: i32,
}

/// What the ended attempts of one stage used.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StageUsage {
    pub stage: Stage,
    pub attempts: i64,
    /// Attempts that left no record, because their worker died or is of an earlier release. Only their time is known;
    /// their memory is that of the last recorded attempt of the stage.
    pub unrecorded: i64,
    pub seconds: f64,
    /// None if no attempt of the stage ever recorded its memory.
    pub gigabyte_seconds: Option<f64>,
    pub bytes_read: i64,
    pub bytes_written: i64,
    pub read_requests: i64,
    pub write_requests: i64,
}

/// What scans used.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct UsageReport {
    /// In the order of the flow. A stage without attempts is missing.
    pub stages: Vec<StageUsage>,
    pub scans: i64,
    /// Pages of those scans.
    pub pages: i64,
    /// Bytes that are kept: originals, and results that are published.
    pub stored_bytes: i64,
}

impl Catalog {
    /// Records what an attempt used. Nothing happens if there is no such attempt.
    pub async fn record_usage(&self, token: Uuid, usage: &Usage) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "UPDATE attempts SET memory_megabytes = $2, bytes_read = $3, bytes_written = $4, read_requests = $5,
                 write_requests = $6
             WHERE token = $1",
            token,
            usage.memory_megabytes,
            usage.bytes_read,
            usage.bytes_written,
            usage.read_requests,
            usage.write_requests,
        )
        .execute(transaction.executor())
        .await?;
        transaction.commit().await
    }

    /// What one scan used, or all attempts that ended in the last `days` days.
    pub async fn usage(&self, scan: Option<ScanId>, days: i32) -> Result<UsageReport, CatalogError> {
        let mut transaction = self.begin().await?;
        let stages = sqlx::query_as!(
            StageUsage,
            r#"WITH used AS (
                   SELECT attempts.*, extract(epoch FROM ended_at - started_at)::float8 AS seconds,
                       coalesce(memory_megabytes, (
                           SELECT memory_megabytes FROM attempts AS known
                           WHERE known.stage = attempts.stage AND known.memory_megabytes IS NOT NULL
                           ORDER BY ended_at DESC LIMIT 1)) AS megabytes
                   FROM attempts
                   WHERE ended_at IS NOT NULL
                     AND CASE WHEN $1::bigint IS NULL THEN ended_at > clock_timestamp() - make_interval(days => $2)
                         ELSE scan_id = $1 END
               )
               SELECT used.stage AS "stage: Stage", count(*) AS "attempts!",
                   count(*) FILTER (WHERE bytes_read IS NULL) AS "unrecorded!", sum(seconds) AS "seconds!",
                   sum(seconds * megabytes / 1024) AS gigabyte_seconds,
                   coalesce(sum(bytes_read), 0)::bigint AS "bytes_read!",
                   coalesce(sum(bytes_written), 0)::bigint AS "bytes_written!",
                   coalesce(sum(read_requests), 0)::bigint AS "read_requests!",
                   coalesce(sum(write_requests), 0)::bigint AS "write_requests!"
               FROM used GROUP BY used.stage
               ORDER BY array_position(ARRAY['compress', 'scan', 'split'], used.stage)"#,
            scan,
            days,
        )
        .fetch_all(transaction.executor())
        .await?;
        let totals = sqlx::query!(
            r#"WITH chosen AS (
                   SELECT id, pages, size_bytes, result_prefix FROM scans
                   WHERE CASE WHEN $1::bigint IS NOT NULL THEN id = $1 ELSE EXISTS (
                       SELECT FROM attempts
                       WHERE scan_id = scans.id AND ended_at > clock_timestamp() - make_interval(days => $2)) END
               )
               SELECT count(*) AS "scans!", coalesce(sum(pages), 0)::bigint AS "pages!",
                   (coalesce(sum(size_bytes), 0) + coalesce((
                       SELECT sum(bytes_written) FROM attempts JOIN chosen AS of ON of.id = scan_id
                       WHERE is_published AND stage = 'split'
                         AND position(token::text IN of.result_prefix) > 0), 0))::bigint AS "stored_bytes!"
               FROM chosen"#,
            scan,
            days,
        )
        .fetch_one(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(UsageReport { stages, scans: totals.scans, pages: totals.pages, stored_bytes: totals.stored_bytes })
    }
}
