//! The event that tells other systems how a scan ended.

use crate::ScanId;
use serde::Serialize;
use uuid::Uuid;

/// The end of a scan, as the outbox stores it and the event bus carries it:
/// `{"id": …, "scan": …, "kind": …, "detail": …}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScanEnded {
    /// The same in every repetition, so that a listener can recognise a repeated event.
    pub id: Uuid,
    pub scan: ScanId,
    /// The status in which the scan ended: `PENDING_REVIEW` or `FAILED`.
    pub kind: String,
    /// What a listener needs to know about the scan.
    pub detail: serde_json::Value,
}
