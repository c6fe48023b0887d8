//! Which scans failed in one way, and how long a retry of all of them takes.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::skipped::Restart;
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

    /// The working time of the functions that a scan needs whose skipped pages were changed. None as in [`FailedScans`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn restart_seconds(&self, restart: &Restart) -> Result<Option<f64>, CatalogError> {
        let mut transaction = self.begin().await?;
        let averages = AverageSeconds::read(&mut transaction).await?;
        transaction.commit().await?;
        let is_cut = !restart.ranges.is_empty() || restart.kept > 0;
        Ok(averages.from(Stage::Compress, is_cut.then_some(restart.ranges.len())))
    }

    /// Those that a person cancelled, too, if they are named.
    async fn retryable(
        &self,
        code: Option<&str>,
        stage: Option<Stage>,
        only: Option<&[ScanId]>,
    ) -> Result<FailedScans, CatalogError> {
        let mut transaction = self.begin().await?;
        let averages = AverageSeconds::read(&mut transaction).await?;
        let failed = sqlx::query!(
            r#"SELECT id, failed_stage AS "failed_stage!: Stage", (
                   SELECT count(*) FROM page_ranges AS ranges
                   WHERE scan_id = scans.id AND ranges.generation = scans.generation AND ranges.status <> 'FINISHED'
               ) AS "open!"
               FROM scans
               WHERE (status = 'FAILED' OR status = 'CANCELLED' AND $3::bigint[] IS NOT NULL) AND superseded_by IS NULL
                 AND ($3 IS NULL OR id = ANY($3))
                 AND ($1::text IS NULL OR error_code = $1 OR right(error_message, length($1) + 2) = '[' || $1 || ']')
                 AND ($2::text IS NULL OR failed_stage = $2)
               ORDER BY id"#,
            code,
            stage.map(|stage| stage.as_str()),
            only,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        let seconds = failed.iter().map(|scan| match scan.failed_stage {
            // It is cut into ranges again.
            Stage::Compress => averages.from(Stage::Compress, None),
            stage => averages.from(stage, usize::try_from(scan.open).ok()),
        });
        let seconds = seconds.sum::<Option<f64>>().filter(|_| !failed.is_empty());
        Ok(FailedScans { seconds, scans: failed.iter().map(|scan| scan.id).collect() })
    }
}

/// How long the published attempts of the last thirty days took on average. None where there were none.
struct AverageSeconds {
    compress: Option<f64>,
    scan: Option<f64>,
    split: Option<f64>,
    /// How many ranges a volume has.
    ranges: Option<f64>,
}

impl AverageSeconds {
    async fn read(transaction: &mut Transaction<'_>) -> Result<Self, CatalogError> {
        Ok(sqlx::query_as!(
            Self,
            "SELECT avg(extract(epoch FROM ended_at - started_at)::float8) FILTER (WHERE stage = 'compress') AS compress,
                 avg(extract(epoch FROM ended_at - started_at)::float8) FILTER (WHERE stage = 'scan') AS scan,
                 avg(extract(epoch FROM ended_at - started_at)::float8) FILTER (WHERE stage = 'split') AS split,
                 count(*) FILTER (WHERE stage = 'scan')::float8
                     / nullif(count(*) FILTER (WHERE stage = 'compress'), 0) AS ranges
             FROM attempts WHERE is_published AND ended_at > clock_timestamp() - interval '30 days'",
        )
        .fetch_one(transaction.executor())
        .await?)
    }

    /// From the start of this stage to the end of split. `open` is the number of ranges that have to be scanned; None
    /// takes as many as a volume has on average.
    fn from(&self, stage: Stage, open: Option<usize>) -> Option<f64> {
        let scan = || Some(self.scan? * open.map(|open| open as f64).or(self.ranges)?);
        let before_split = match stage {
            Stage::Compress => self.compress? + scan()?,
            Stage::Scan => scan()?,
            Stage::Split => 0.0,
        };
        Some(before_split + self.split?)
    }
}
