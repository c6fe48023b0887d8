//! How many scans are in which state, and in which ways they failed.

use crate::connection::Catalog;
use crate::error::CatalogError;
use domain::Stage;
use time::OffsetDateTime;

/// How many scans there are that were not superseded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overview {
    /// They wait for their name, for a confirmation, or for review.
    pub need_person: i64,
    pub failed: i64,
    /// They have not ended.
    pub working: i64,
    /// They became PENDING_REVIEW or APPROVED in the last seven days.
    pub finished_this_week: i64,
}

/// A way to fail.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FailureKind {
    /// The code of the failure; of the last attempt, if the retries were exhausted.
    pub code: String,
    pub stage: Stage,
}

/// Scans that failed in one way and were not superseded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailureGroup {
    pub kind: FailureKind,
    pub scans: i64,
    pub first_at: OffsetDateTime,
    pub last_at: OffsetDateTime,
}

impl Catalog {
    /// # Errors
    /// When the database does not answer.
    pub async fn overview(&self) -> Result<Overview, CatalogError> {
        let mut transaction = self.begin().await?;
        let overview = sqlx::query_as!(
            Overview,
            r#"SELECT count(*) FILTER (WHERE status = 'PENDING_REVIEW' OR waits_for IS NOT NULL) AS "need_person!",
                   count(*) FILTER (WHERE status = 'FAILED') AS "failed!",
                   count(*) FILTER (WHERE status NOT IN ('PENDING_REVIEW', 'FAILED')) AS "working!",
                   (SELECT count(*) FROM scans
                    WHERE status IN ('PENDING_REVIEW', 'APPROVED') AND superseded_by IS NULL
                      AND updated_at > now() - interval '7 days') AS "finished_this_week!"
               FROM scans WHERE status NOT IN ('APPROVED', 'CANCELLED') AND superseded_by IS NULL"#,
        )
        .fetch_one(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(overview)
    }

    /// The largest group first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn failure_groups(&self) -> Result<Vec<FailureGroup>, CatalogError> {
        let mut transaction = self.begin().await?;
        let rows = sqlx::query!(
            r#"SELECT failure_cause(error_code, error_message) AS "code!", failed_stage AS "stage!: Stage",
                   count(*) AS "scans!", min(updated_at) AS "first_at!", max(updated_at) AS "last_at!"
               FROM scans WHERE status = 'FAILED' AND superseded_by IS NULL AND failed_stage IS NOT NULL
               GROUP BY 1, 2 ORDER BY 3 DESC, 5 DESC"#,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        let groups = rows.into_iter().map(|row| FailureGroup {
            kind: FailureKind { code: row.code, stage: row.stage },
            scans: row.scans,
            first_at: row.first_at,
            last_at: row.last_at,
        });
        Ok(groups.collect())
    }
}
