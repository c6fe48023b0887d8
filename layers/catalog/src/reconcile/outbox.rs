//! The ends of scans that the world has not heard of.

use crate::{Catalog, CatalogError};
use domain::ScanId;
use time::OffsetDateTime;
use uuid::Uuid;

/// A scan's end, to be published.
#[derive(Clone, PartialEq, Debug)]
pub struct OutboxEvent {
    /// The same for every repeat.
    pub id: Uuid,
    /// The scan.
    pub scan: ScanId,
    /// The status it ended in: `PENDING_REVIEW` or `FAILED`.
    pub kind: String,
    /// What a receiver needs to know.
    pub detail: serde_json::Value,
    /// When the scan ended.
    pub created_at: OffsetDateTime,
}

impl Catalog {
    /// The oldest events that were not sent yet.
    pub async fn unsent_events(&self, limit: i64) -> Result<Vec<OutboxEvent>, CatalogError> {
        let mut work = self.begin().await?;
        let events = sqlx::query_as!(
            OutboxEvent,
            "SELECT id, scan_id AS scan, kind, detail, created_at FROM outbox
             WHERE sent_at IS NULL ORDER BY created_at LIMIT $1",
            limit,
        )
        .fetch_all(work.on())
        .await?;
        work.commit().await?;
        Ok(events)
    }

    /// Notes that these events were accepted.
    pub async fn mark_sent(&self, ids: &[Uuid]) -> Result<(), CatalogError> {
        let mut work = self.begin().await?;
        sqlx::query!("UPDATE outbox SET sent_at = clock_timestamp() WHERE id = ANY($1) AND sent_at IS NULL", ids)
            .execute(work.on())
            .await?;
        work.commit().await
    }
}
