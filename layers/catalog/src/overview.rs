//! How many scans are in which state, and in which ways they failed.

use crate::connection::Catalog;
use crate::error::CatalogError;
use domain::{Stage, Status};
use time::OffsetDateTime;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusCount {
    pub status: Status,
    pub scans: i64,
    /// Of them, those that wait for their name or for a confirmation.
    pub waiting_for_person: i64,
    /// Of them, those that came to this status in the last seven days.
    pub this_week: i64,
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
    /// The message of the newest.
    pub message: String,
}

impl Catalog {
    /// Statuses without scans are missing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn status_counts(&self) -> Result<Vec<StatusCount>, CatalogError> {
        let mut transaction = self.begin().await?;
        let counts = sqlx::query_as!(
            StatusCount,
            r#"SELECT status AS "status: Status", count(*) AS "scans!",
                   count(*) FILTER (WHERE waits_for IS NOT NULL) AS "waiting_for_person!",
                   count(*) FILTER (WHERE updated_at > clock_timestamp() - interval '7 days') AS "this_week!"
               FROM scans WHERE superseded_by IS NULL GROUP BY status"#,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(counts)
    }

    /// The largest group first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn failure_groups(&self) -> Result<Vec<FailureGroup>, CatalogError> {
        let mut transaction = self.begin().await?;
        let rows = sqlx::query!(
            r#"SELECT failure_cause(error_code, error_message) AS "code!", failed_stage AS "stage!: Stage",
                   count(*) AS "scans!", min(updated_at) AS "first_at!", max(updated_at) AS "last_at!",
                   (array_agg(error_message ORDER BY updated_at DESC))[1] AS message
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
            message: row.message.unwrap_or_default(),
        });
        Ok(groups.collect())
    }
}
