//! Ended scans that are to be announced on the event bus.

use crate::connection::Catalog;
use crate::error::CatalogError;
use domain::ScanEnded;
use uuid::Uuid;

impl Catalog {
    /// The oldest unsent events, without those in `except`.
    pub async fn unsent_events(&self, except: &[Uuid], limit: i64) -> Result<Vec<ScanEnded>, CatalogError> {
        let mut transaction = self.begin().await?;
        let events = sqlx::query_as!(
            ScanEnded,
            "SELECT id, scan_id AS scan, kind, detail FROM outbox
             WHERE sent_at IS NULL AND id <> ALL($1) ORDER BY created_at LIMIT $2",
            except,
            limit,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(events)
    }

    /// Notes that the bus accepted these events.
    pub async fn mark_sent(&self, ids: &[Uuid]) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        sqlx::query!("UPDATE outbox SET sent_at = clock_timestamp() WHERE id = ANY($1) AND sent_at IS NULL", ids)
            .execute(transaction.executor())
            .await?;
        transaction.commit().await
    }
}
