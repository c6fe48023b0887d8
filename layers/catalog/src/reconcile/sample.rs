//! How the system stood at a moment.

use crate::{Catalog, CatalogError};
use serde::Serialize;
use time::OffsetDateTime;

/// How many rows waited and were busy at a moment.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Sample {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Scans in UPLOADED.
    pub uploaded: i64,
    /// Scans in COMPRESSING.
    pub compressing: i64,
    /// Scans in COMPRESSED.
    pub compressed: i64,
    /// Scans in SCANNING.
    pub scanning: i64,
    /// Scans in SCANNED.
    pub scanned: i64,
    /// Scans in SPLITTING.
    pub splitting: i64,
    /// Those of the above that wait for a person (metadata or confirmation).
    pub waiting_for_person: i64,
    /// Page ranges of live scans that wait.
    pub ranges_waiting: i64,
    /// Page ranges of live scans that are being read.
    pub ranges_scanning: i64,
    /// Seconds since the last message of the row that waits longest for its message to be acted upon.
    pub oldest_message_seconds: f64,
    /// Events in the outbox that were not sent.
    pub unsent_events: i64,
    /// Rows that this pass of reconcile rescued.
    pub rescued: i32,
    /// Rows to which this pass sent a message again.
    pub resent: i32,
}

impl Catalog {
    /// Counts, stores and returns a sample.
    pub async fn record_sample(&self, rescued: i32, resent: i32) -> Result<Sample, CatalogError> {
        let _ = (rescued, resent);
        todo!()
    }

    /// The newest samples, oldest first.
    pub async fn samples(&self, limit: i64) -> Result<Vec<Sample>, CatalogError> {
        let _ = limit;
        todo!()
    }
}
