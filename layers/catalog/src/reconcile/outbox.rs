//! The ends of scans that are to be published.

use crate::{Catalog, CatalogError};
use domain::ScanEnded;
use uuid::Uuid;

impl Catalog {
    /// The oldest events that were not sent yet.
    pub async fn unsent_events(&self, limit: i64) -> Result<Vec<ScanEnded>, CatalogError> {
        let mut work = self.begin().await?;
        let events = sqlx::query_as!(
            ScanEnded,
            "SELECT id, scan_id AS scan, kind, detail FROM outbox WHERE sent_at IS NULL ORDER BY created_at LIMIT $1",
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
