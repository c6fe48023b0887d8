use aws::{Refusal, SdkConfig};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::ScanEnded;
use std::fmt;
use uuid::Uuid;

use crate::QueueError;
use crate::entries::{ENTRIES_PER_CALL, not_mentioned, send_entries};

/// Rules match an event by its source and detail type.
const SOURCE: &str = "quire";
const DETAIL_TYPE: &str = "Scan Ended";

/// A quota of `PutEvents`.
const BYTES_PER_CALL: usize = 256 * 1024;

/// What an entry weighs beside its detail: source, detail type and a margin, bytes.
const BYTES_BESIDE_DETAIL: usize = 1024;

const PUBLISH: &str = "publish events to EventBridge";

#[derive(Debug, Default)]
pub struct Published {
    /// The ids of the accepted events, even when there is an error too. They need not be published again.
    pub accepted: Vec<Uuid>,
    /// Why the other events were not accepted.
    pub error: Option<QueueError>,
}

#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// Opens no connection yet.
    #[must_use]
    pub fn new(sdk: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(sdk), name }
    }

    /// Publishes the events. A refused event is retried a few times and does not keep the others from being published.
    pub async fn publish(&self, events: &[ScanEnded]) -> Published {
        let mut published = Published { accepted: Vec::new(), error: None };
        for call in calls(events) {
            let (batch, outcome) = send_entries(call, PUBLISH, |entries| self.put(entries)).await;
            published.accepted.extend(batch.accepted.iter().map(|entry| entry.id));
            let Err(error) = outcome else { continue };
            let is_unreachable = error.is_unreachable();
            published.error = Some(worse(published.error, error));
            if is_unreachable {
                break;
            }
        }
        published
    }

    async fn put(&self, entries: Vec<Entry>) -> Result<Vec<Option<Refusal>>, QueueError> {
        let requests = entries.iter().map(|entry| entry.request(&self.name)).collect();
        let call = self.client.put_events().set_entries(Some(requests));
        let answer = call.send().await.map_err(|error| QueueError::of_call(PUBLISH, error))?;
        tracing::debug!(
            "put {} events on bus {}, {} were refused",
            entries.len(),
            self.name,
            answer.failed_entry_count()
        );
        let verdict = |index: usize| match answer.entries().get(index) {
            Some(result) if result.event_id().is_some() => None,
            Some(result) => Some(Refusal::new(result.error_code(), result.error_message())),
            None => Some(not_mentioned()),
        };
        Ok((0..entries.len()).map(verdict).collect())
    }
}

#[derive(Clone)]
struct Entry {
    id: Uuid,
    detail: String,
}

/// Without the detail, which may be long: errors name an entry in this form.
impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// The error to report of two: all refused entries, unless something else went wrong.
fn worse(first: Option<QueueError>, second: QueueError) -> QueueError {
    use QueueError::EntriesRefused;
    match (first, second) {
        (Some(EntriesRefused { action, mut entries }), EntriesRefused { entries: more, .. }) => {
            entries.extend(more);
            EntriesRefused { action, entries }
        }
        (None | Some(EntriesRefused { .. }), second) => second,
        (Some(first), _) => first,
    }
}

/// Fills each call with as many events as fit. An event that is too large by itself gets a call of its own, so that it
/// alone is refused.
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
