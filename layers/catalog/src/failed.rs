//! Which scans failed in one way, and how long a retry of all of them takes.

use crate::connection::Catalog;
use crate::error::CatalogError;
use domain::{ScanId, Stage};

/// Scans that FAILED and can be retried.
#[derive(Clone, PartialEq, Debug)]
pub struct FailedScans {
    /// Oldest first.
    pub scans: Vec<ScanId>,
    /// The working time of the functions that a retry of all of them needs, from the attempts of the last thirty days.
    /// None if a stage has no finished attempt to learn from.
    pub seconds: Option<f64>,
}

impl Catalog {
    /// The scans that failed with this code, also as the code of their last attempt, and at this stage. None chooses all.
    /// A superseded scan cannot be retried, so it is not among them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn failed_scans(&self, code: Option<&str>, stage: Option<Stage>) -> Result<FailedScans, CatalogError> {
        self.retryable(code, stage, None).await
    }

    /// The working time that a retry of these scans needs, as in [`FailedScans`]. Scans that cannot be retried take none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retry_seconds(&self, scans: &[ScanId]) -> Result<Option<f64>, CatalogError> {
        Ok(self.retryable(None, None, Some(scans)).await?.seconds)
    }

    /// Those that a person cancelled, too, if they are named.
    async fn retryable(
        &self,
        code: Option<&str>,
        stage: Option<Stage>,
        only: Option<&[ScanId]>,
    ) -> Result<FailedScans, CatalogError> {
        let mut transaction = self.begin().await?;
        let found = sqlx::query!(
            r#"WITH durations AS (
                   SELECT avg(extract(epoch FROM ended_at - started_at)::float8) FILTER (WHERE stage = 'compress') AS compress,
                       avg(extract(epoch FROM ended_at - started_at)::float8) FILTER (WHERE stage = 'scan') AS scan,
                       avg(extract(epoch FROM ended_at - started_at)::float8) FILTER (WHERE stage = 'split') AS split,
                       count(*) FILTER (WHERE stage = 'scan')::float8
                           / nullif(count(*) FILTER (WHERE stage = 'compress'), 0) AS ranges
                   FROM attempts WHERE is_published AND ended_at > clock_timestamp() - interval '30 days'
               ), failed AS (
                   SELECT id, failed_stage, (
                       SELECT count(*)::float8 FROM page_ranges AS ranges
                       WHERE scan_id = scans.id AND ranges.generation = scans.generation AND ranges.status <> 'FINISHED'
                   ) AS open
                   FROM scans
                   WHERE (status = 'FAILED' OR status = 'CANCELLED' AND $3::bigint[] IS NOT NULL) AND superseded_by IS NULL
                     AND ($3 IS NULL OR id = ANY($3))
                     AND ($1::text IS NULL OR error_code = $1 OR right(error_message, length($1) + 2) = '[' || $1 || ']')
                     AND ($2::text IS NULL OR failed_stage = $2)
               ), estimates AS (
                   SELECT id, split + CASE failed_stage
                       WHEN 'compress' THEN compress + ranges * scan
                       WHEN 'scan' THEN open * scan
                       ELSE 0 END AS seconds
                   FROM failed CROSS JOIN durations
               )
               SELECT coalesce(array_agg(id ORDER BY id), '{}') AS "scans!",
                   CASE WHEN bool_and(seconds IS NOT NULL) THEN sum(seconds) END AS seconds
               FROM estimates"#,
            code,
            stage.map(|stage| stage.as_str()),
            only,
        )
        .fetch_one(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(FailedScans { scans: found.scans, seconds: found.seconds })
    }
}
