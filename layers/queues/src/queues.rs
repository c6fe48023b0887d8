use aws::{Refusal, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::Task;
use std::time::Duration;

use crate::entries::{ENTRIES_PER_CALL, not_mentioned, send_entries};
use crate::upload_event::notification;
use crate::{Queue, QueueError, QueueUrls, Received, trace};

/// How long SQS can hide a message, seconds (the documented maximum of `ChangeMessageVisibility`).
const LONGEST_VISIBILITY: u64 = 43_200;

const SEND: &str = "send tasks to SQS";

#[derive(Debug, Clone)]
pub struct Queues {
    client: Client,
    urls: QueueUrls,
}

impl Queues {
    /// Opens no connection yet.
    #[must_use]
    pub fn new(sdk: &SdkConfig, urls: QueueUrls) -> Self {
        Self { client: Client::new(sdk), urls }
    }

    #[must_use]
    pub const fn urls(&self) -> &QueueUrls {
        &self.urls
    }

    /// Sends each task to its queue, ten a call. Within [`crate::process_batch`], the messages belong to the trace of the
    /// message that is being handled. A refused task is retried a few times and does not keep the others
    /// from being sent. Delivery is at least once: after an error, any task may have been sent.
    ///
    /// # Errors
    /// When SQS does not answer, refuses a call, or refuses single tasks in every attempt; the error names those.
    pub async fn send(&self, tasks: &[Task]) -> Result<(), QueueError> {
        let mut refused = Vec::new();
        for queue in Queue::ALL {
            let own: Vec<Task> = tasks.iter().filter(|task| Queue::of(task) == queue).copied().collect();
            for some in own.chunks(ENTRIES_PER_CALL) {
                let (_, outcome) = send_entries(some.to_vec(), SEND, |tasks| self.send_batch(queue, tasks)).await;
                match outcome {
                    Err(QueueError::EntriesRefused { entries, .. }) => refused.extend(entries),
                    other => other?,
                }
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(QueueError::EntriesRefused { action: SEND, entries: refused }) }
    }

    async fn send_batch(&self, queue: Queue, tasks: Vec<Task>) -> Result<Vec<Option<Refusal>>, QueueError> {
        let entries =
            tasks.iter().enumerate().map(|(index, task)| entry(index, task)).collect::<Result<Vec<_>, _>>()?;
        let call = self.client.send_message_batch().queue_url(self.urls.url(queue)).set_entries(Some(entries));
        let answer = call.send().await.map_err(|error| QueueError::of_call(SEND, error))?;
        let (sent, refused) = (answer.successful().len(), answer.failed().len());
        tracing::debug!("sent {sent} tasks to queue {queue:?}, {refused} were refused");
        let verdict = |index: usize| {
            let id = index.to_string();
            if answer.successful().iter().any(|accepted| accepted.id() == id) {
                return None;
            }
            let failed = answer.failed().iter().find(|failed| failed.id() == id);
            Some(failed.map_or_else(not_mentioned, |failed| Refusal::new(Some(failed.code()), failed.message())))
        };
        Ok((0..tasks.len()).map(verdict).collect())
    }

    /// Sends `intake` the notification that S3 would have sent, for an object whose own notification was lost.
    ///
    /// # Errors
    /// When SQS does not answer or refuses.
    pub async fn announce_upload(&self, bucket: &str, key: &str) -> Result<(), QueueError> {
        let body = notification(bucket, key);
        let call = self.client.send_message().queue_url(&self.urls.uploads).message_body(body);
        call.send().await.map_err(|error| QueueError::of_call("announce an upload", error))?;
        Ok(())
    }

    /// Makes a received message visible again after `delay`, rounded up to whole seconds, at most 12 hours.
    ///
    /// # Errors
    /// When the message's queue is not known, or SQS does not answer or refuses (a receipt that is too old).
    pub async fn back_off(&self, received: &Received, delay: Duration) -> Result<(), QueueError> {
        let queue = received.known_queue()?;
        let call = self.client.change_message_visibility().queue_url(self.urls.url(queue));
        let call = call.receipt_handle(&received.receipt_handle).visibility_timeout(visibility(delay));
        call.send().await.map_err(|error| QueueError::of_call("put a message back", error))?;
        Ok(())
    }
}

/// The scan is the message group: with fair queues, one large volume does not delay all others.
pub(crate) fn group(task: &Task) -> String {
    task.scan().to_string()
}

fn entry(index: usize, task: &Task) -> Result<SendMessageBatchRequestEntry, QueueError> {
    let malformed = |reason: String| QueueError::Malformed { what: "a task", reason };
    let body = task.body().map_err(|error| malformed(error.to_string()))?;
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(body)
        .message_group_id(group(task))
        .set_message_system_attributes(trace::attributes(trace::current().as_deref())?)
        .build()
        .map_err(|error| malformed(error.to_string()))
}

/// Whole seconds, rounded up, so that no message returns before its time.
fn visibility(delay: Duration) -> i32 {
    let seconds = delay.as_secs().saturating_add(u64::from(delay.subsec_nanos() > 0));
    i32::try_from(seconds.min(LONGEST_VISIBILITY)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_whole_seconds_that_sqs_accepts() {
        assert_eq!(visibility(Duration::ZERO), 0);
        assert_eq!(visibility(Duration::from_millis(1)), 1);
        assert_eq!(visibility(Duration::from_secs(7)), 7);
        assert_eq!(visibility(Duration::from_millis(43_199_001)), 43_200);
        assert_eq!(visibility(Duration::MAX), 43_200);
    }
}
