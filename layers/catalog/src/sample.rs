//! Samples: how many rows waited and were busy at a moment.

use crate::connection::Catalog;
use crate::error::CatalogError;
use serde::Serialize;
use time::OffsetDateTime;

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Sample {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub uploaded: i64,
    pub compressing: i64,
    pub compressed: i64,
    pub scanning: i64,
    pub scanned: i64,
    pub splitting: i64,
    /// Of the scans above, those that wait for a person (metadata or confirmation).
    pub waiting_for_person: i64,
    /// Of scans that have not ended.
    pub ranges_waiting: i64,
    /// Of scans that have not ended.
    pub ranges_scanning: i64,
    /// Age of the oldest message whose row still waits.
    pub oldest_message_seconds: f64,
    pub unsent_events: i64,
    /// Rows that this run of `reconcile` rescued.
    pub rescued: i32,
    /// Rows whose message this run sent again.
    pub resent: i32,
}

impl Catalog {
    /// Counts, stores and returns a sample.
    pub async fn record_sample(&self, rescued: i32, resent: i32) -> Result<Sample, CatalogError> {
        let mut transaction = self.begin().await?;
        let sample = sqlx::query_as!(
            Sample,
            "INSERT INTO samples (uploaded, compressing, compressed, scanning, scanned, splitting, waiting_for_person,
                 ranges_waiting, ranges_scanning, oldest_message_seconds, unsent_events, rescued, resent)
             SELECT uploaded, compressing, compressed, scanning, scanned, splitting, waiting_for_person,
                 ranges_waiting, ranges_scanning,
                 coalesce(extract(epoch FROM clock_timestamp() - least(oldest_scan, oldest_range)), 0),
                 (SELECT count(*) FROM outbox WHERE sent_at IS NULL), $1, $2
             FROM (
                 SELECT count(*) FILTER (WHERE status = 'UPLOADED') AS uploaded,
                     count(*) FILTER (WHERE status = 'COMPRESSING') AS compressing,
                     count(*) FILTER (WHERE status = 'COMPRESSED') AS compressed,
                     count(*) FILTER (WHERE status = 'SCANNING') AS scanning,
                     count(*) FILTER (WHERE status = 'SCANNED') AS scanned,
                     count(*) FILTER (WHERE status = 'SPLITTING') AS splitting,
                     count(*) FILTER (WHERE waits_for IS NOT NULL) AS waiting_for_person,
                     min(dispatched_at) FILTER (WHERE status IN ('UPLOADED', 'SCANNED') AND waits_for IS NULL
                         AND coalesce(not_before <= clock_timestamp(), true)) AS oldest_scan
                 FROM scans
                 WHERE status IN ('UPLOADED', 'COMPRESSING', 'COMPRESSED', 'SCANNING', 'SCANNED', 'SPLITTING')
             ) AS of_scans, (
                 SELECT count(*) FILTER (WHERE ranges.status = 'WAITING') AS ranges_waiting,
                     count(*) FILTER (WHERE ranges.status = 'SCANNING') AS ranges_scanning,
                     min(ranges.dispatched_at) FILTER (WHERE ranges.status = 'WAITING'
                         AND coalesce(not_before <= clock_timestamp(), true)) AS oldest_range
                 FROM scans JOIN page_ranges AS ranges
                     ON scan_id = scans.id AND ranges.generation = scans.generation
                 WHERE scans.status IN ('COMPRESSED', 'SCANNING')
             ) AS of_ranges
             RETURNING at, uploaded, compressing, compressed, scanning, scanned, splitting, waiting_for_person,
                 ranges_waiting, ranges_scanning, oldest_message_seconds, unsent_events, rescued, resent",
            rescued,
            resent,
        )
        .fetch_one(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(sample)
    }

    /// The samples of the last `span`, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn samples_of(&self, span: time::Duration) -> Result<Vec<Sample>, CatalogError> {
        let mut transaction = self.begin().await?;
        let samples = sqlx::query_as!(
            Sample,
            "SELECT at, uploaded, compressing, compressed, scanning, scanned, splitting, waiting_for_person,
                 ranges_waiting, ranges_scanning, oldest_message_seconds, unsent_events, rescued, resent
             FROM samples WHERE at > clock_timestamp() - make_interval(secs => $1) ORDER BY id",
            span.as_seconds_f64(),
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(samples)
    }
}
