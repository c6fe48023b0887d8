//! What became of scans, told to whoever listens.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::ScanEnded;
use uuid::Uuid;

use crate::QueueError;
use crate::repeat::{Refusal, repeat_failed};
use crate::sdk::{self, failure};

/// What rules match an event by.
const SOURCE: &str = "quire";
const DETAIL_TYPE: &str = "Scan Ended";

/// What `PutEvents` takes at once (quotas of EventBridge).
const ENTRIES_PER_CALL: usize = 10;
const BYTES_PER_CALL: usize = 256 * 1024;

/// What an entry weighs beside its detail: source, detail type and a margin, bytes.
const BYTES_BESIDE_DETAIL: usize = 1024;

const ACTION: &str = "publish events";

/// What became of the events.
#[derive(Debug)]
pub struct Published {
    /// The ids of those that EventBridge accepted, also beside an error: they need not be sent again.
    pub accepted: Vec<Uuid>,
    /// What kept the others from it.
    pub error: Option<QueueError>,
}

/// An event bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// Opens no connection yet. Region, credentials, endpoint and HTTP client come from `sdk`.
    #[must_use]
    pub fn new(sdk: &SdkConfig, name: String) -> Self {
        let settings = aws_sdk_eventbridge::config::Builder::from(sdk)
            .timeout_config(sdk::timeouts())
            .retry_config(sdk::retries())
            .build();
        Self { client: Client::from_conf(settings), name }
    }

    /// Publishes the events. Those that EventBridge does not accept are sent again a few times.
    /// One that is never accepted does not keep the others from it.
    pub async fn publish(&self, events: &[ScanEnded]) -> Published {
        let mut published = Published { accepted: Vec::new(), error: None };
        for call in calls(events) {
            let sent = repeat_failed(call, ACTION, |entries| self.put(entries)).await;
            published.accepted.extend(sent.accepted.iter().map(|entry| entry.id));
            let is_away = matches!(sent.error, Some(QueueError::Unreachable { .. }));
            published.error = worse(published.error, sent.error);
            if is_away {
                break;
            }
        }
        published
    }

    async fn put(&self, entries: Vec<Entry>) -> Result<Vec<Option<Refusal>>, QueueError> {
        let requests = entries.iter().map(|entry| entry.request(&self.name)).collect();
        let call = self.client.put_events().set_entries(Some(requests));
        let answer = call.send().await.map_err(|error| failure(ACTION, error))?;
        tracing::debug!(events = entries.len(), failed = answer.failed_entry_count(), "events put");
        let verdict = |index: usize| match answer.entries().get(index) {
            Some(result) if result.event_id().is_some() => None,
            Some(result) => Some(Refusal::new(result.error_code(), result.error_message())),
            None => Some(Refusal::unmentioned()),
        };
        Ok((0..entries.len()).map(verdict).collect())
    }
}

/// An event as it travels.
#[derive(Clone)]
struct Entry {
    id: Uuid,
    detail: String,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "event {}", self.id)
    }
}

impl Entry {
    fn new(event: &ScanEnded) -> Self {
        Self { id: event.id, detail: serde_json::json!(event).to_string() }
    }

    fn weight(&self) -> usize {
        self.detail.len() + BYTES_BESIDE_DETAIL
    }

    fn request(&self, bus: &str) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(SOURCE)
            .detail_type(DETAIL_TYPE)
            .detail(&self.detail)
            .build()
    }
}

/// What to tell of two calls: all refused entries, unless something else went wrong.
fn worse(first: Option<QueueError>, second: Option<QueueError>) -> Option<QueueError> {
    use QueueError::EntriesRefused;
    match (first, second) {
        (Some(EntriesRefused { action, mut entries }), Some(EntriesRefused { entries: more, .. })) => {
            entries.extend(more);
            Some(EntriesRefused { action, entries })
        }
        (Some(EntriesRefused { .. }), Some(other)) => Some(other),
        (first, second) => first.or(second),
    }
}

/// The events by calls: as many as fit into one. An event that is too large by itself gets a call of its own,
/// so that it alone is refused.
fn calls(events: &[ScanEnded]) -> Vec<Vec<Entry>> {
    let mut calls: Vec<Vec<Entry>> = Vec::new();
    for entry in events.iter().map(Entry::new) {
        let fits = |call: &Vec<Entry>| {
            let weight: usize = call.iter().map(Entry::weight).sum();
            call.len() < ENTRIES_PER_CALL && weight + entry.weight() <= BYTES_PER_CALL
        };
        match calls.last_mut().filter(|call| fits(call)) {
            Some(call) => call.push(entry),
            None => calls.push(vec![entry]),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(detail: usize) -> ScanEnded {
        let detail = serde_json::Value::from("x".repeat(detail));
        ScanEnded { id: Uuid::new_v4(), scan: 1, kind: "FAILED".to_owned(), detail }
    }

    fn lengths(events: &[ScanEnded]) -> Vec<usize> {
        calls(events).iter().map(Vec::len).collect()
    }

    #[test]
    fn a_call_carries_ten_events_at_most() {
        assert_eq!(lengths(&[]), [0_usize; 0]);
        assert_eq!(lengths(&vec![event(10); 21]), [10, 10, 1]);
    }

    #[test]
    fn a_call_carries_256_kib_at_most_and_a_giant_goes_alone() {
        let events = [event(10), event(200_000), event(100_000), event(300_000), event(10)];
        assert_eq!(lengths(&events), [2, 1, 1, 1]);
        let weights = calls(&events).into_iter().filter(|call| call.len() > 1);
        assert!(weights.map(|call| call.iter().map(Entry::weight).sum::<usize>()).all(|sum| sum <= BYTES_PER_CALL));
    }
}
