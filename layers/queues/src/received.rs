//! A message as a function receives it.

use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::SqsMessage;

use crate::{Queue, QueueError, QueueUrls};
use domain::Task;

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// SQS's id. Empty when the record has none, which AWS never does. A redriven message has a new one:
    /// key nothing on it.
    pub message_id: String,
    /// What puts it back or deletes it.
    pub receipt_handle: String,
    /// The text.
    pub body: String,
    /// When it was sent, by SQS's clock.
    pub sent_at: Option<SystemTime>,
    /// How often it was received. It goes on counting after a redrive: for logs only, decide nothing by it.
    pub receive_count: Option<u32>,
    /// Which of our queues it comes from.
    pub queue: Option<Queue>,
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

    pub(crate) fn new(message: SqsMessage, urls: &QueueUrls) -> Self {
        let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
        Self {
            sent_at: attribute("SentTimestamp").and_then(|text| text.parse().ok()).and_then(instant),
            receive_count: attribute("ApproximateReceiveCount").and_then(|text| text.parse().ok()),
            queue: message.event_source_arn.as_deref().and_then(|arn| urls.by_arn(arn)),
            message_id: message.message_id.unwrap_or_default(),
            receipt_handle: message.receipt_handle.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
        }
    }
}

/// `SentTimestamp` is in milliseconds since 1970.
fn instant(milliseconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}
