//! What people did: to scans, which their timelines tell, and besides.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use domain::ScanId;
use serde::Serialize;
use time::OffsetDateTime;

/// Something that a person did.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Activity {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub actor: String,
    /// As in a timeline, or `signed_in`, `invited`, `role_changed`, ….
    pub kind: String,
    pub scan: Option<ScanId>,
    /// The key of the scan's upload.
    pub key: Option<String>,
    pub detail: serde_json::Value,
}

/// Which activities to list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActivityFilter {
    pub actor: Option<String>,
    pub kind: Option<String>,
    pub scan: Option<ScanId>,
    /// Only what was done before.
    pub before: Option<OffsetDateTime>,
    pub limit: i64,
}

impl Catalog {
    /// Newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn activity(&self, filter: &ActivityFilter) -> Result<Vec<Activity>, CatalogError> {
        let mut transaction = self.begin().await?;
        let found = sqlx::query_as!(
            Activity,
            r#"SELECT at AS "at!", actor AS "actor!", kind AS "kind!", scan AS "scan: ScanId", key AS "key?", detail AS "detail!"
               FROM (
                   (SELECT at, actor, kind, scan_id AS scan, key, detail
                    FROM scan_events AS events JOIN scans ON scans.id = scan_id
                    WHERE actor IS NOT NULL
                      AND ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR kind = $2)
                      AND ($3::bigint IS NULL OR scan_id = $3) AND ($4::timestamptz IS NULL OR at < $4)
                    ORDER BY events.id DESC LIMIT $5)
                   UNION ALL
                   (SELECT at, actor, kind, NULL, NULL, detail FROM activity
                    WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR kind = $2)
                      AND $3::bigint IS NULL AND ($4::timestamptz IS NULL OR at < $4)
                    ORDER BY id DESC LIMIT $5)
               ) AS both_kinds
               ORDER BY at DESC LIMIT $5"#,
            filter.actor,
            filter.kind,
            filter.scan,
            filter.before,
            filter.limit,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(found)
    }

    /// Records what a person did that belongs to no scan. Who did it, [`Catalog::acting_as`] says.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn record_activity(&self, kind: &str, detail: serde_json::Value) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        record_activity(&mut transaction, kind, detail).await?;
        transaction.commit().await
    }
}

pub(crate) async fn record_activity(
    transaction: &mut Transaction<'_>,
    kind: &str,
    detail: serde_json::Value,
) -> Result<(), CatalogError> {
    sqlx::query!(
        "INSERT INTO activity (actor, kind, detail)
         VALUES (coalesce(nullif(current_setting('quire.actor', true), ''), 'nobody'), $1, $2)",
        kind,
        detail,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}
