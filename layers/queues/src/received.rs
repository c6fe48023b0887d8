//! A message as Lambda hands it to a function.

use domain::Task;
use serde::Deserialize;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::{Queue, QueueError, QueueUrls};

/// The event of an invocation, as far as Quire reads it
/// (AWS, "Using Lambda with Amazon SQS": example event).
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SqsEvent {
    #[serde(rename = "Records")]
    pub records: Vec<SqsRecord>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqsRecord {
    pub message_id: Option<String>,
    pub receipt_handle: Option<String>,
    pub body: Option<String>,
    #[serde(default)]
    pub attributes: HashMap<String, String>,
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// SQS's id. Empty when the record has none, which AWS never does. A redriven message has a new one, so nothing
    /// may be keyed on it.
    pub message_id: String,
    pub receipt_handle: String,
    pub body: String,
    /// By SQS's clock.
    pub sent_at: Option<SystemTime>,
    /// How often SQS has delivered the message, this time included.
    pub receive_count: Option<u32>,
    /// `None` when the queue is not in [`QueueUrls`].
    pub queue: Option<Queue>,
    /// The header of X-Ray's trace to which the message belongs.
    pub trace: Option<String>,
}

impl Received {
    /// The task in the body.
    ///
    /// # Errors
    /// [`QueueError::Malformed`] when the body is not a task.
    pub fn task(&self) -> Result<Task, QueueError> {
        Task::parse(&self.body)
            .map_err(|error| QueueError::Malformed { what: "the message", reason: error.to_string() })
    }

    /// # Errors
    /// [`QueueError::UnknownQueue`] when the queue is not in [`QueueUrls`].
    pub(crate) fn known_queue(&self) -> Result<Queue, QueueError> {
        self.queue.ok_or_else(|| QueueError::UnknownQueue { message_id: self.message_id.clone() })
    }

    pub(crate) fn new(record: SqsRecord, urls: &QueueUrls) -> Self {
        let queue = record.event_source_arn.as_deref().and_then(|arn| urls.by_arn(arn));
        Self::of_queue(record, queue)
    }

    pub(crate) fn of_queue(record: SqsRecord, queue: Option<Queue>) -> Self {
        let attribute = |name: &str| record.attributes.get(name).map(String::as_str);
        Self {
            sent_at: attribute("SentTimestamp").and_then(|text| text.parse().ok()).and_then(instant),
            receive_count: attribute("ApproximateReceiveCount").and_then(|text| text.parse().ok()),
            queue,
            trace: attribute("AWSTraceHeader").map(str::to_owned),
            message_id: record.message_id.unwrap_or_default(),
            receipt_handle: record.receipt_handle.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
        }
    }
}

/// `SentTimestamp` is in milliseconds since 1970.
fn instant(milliseconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}
