//! The queues by name, and what is done to them.

mod send;

use domain::Task;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;

use crate::sdk::{self, failure};
use crate::upload::notification;
use crate::{QueueError, Received};

/// How long SQS can hide a message, seconds (the documented maximum of `ChangeMessageVisibility`).
const LONGEST_VISIBILITY: u64 = 43_200;

/// One of the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// S3's notifications, read by `intake`.
    Uploads,
    /// New scans, read by `compress`.
    Compress,
    /// Page ranges of small volumes, read by `scan`.
    Scan,
    /// Page ranges of large volumes, read by `scan` too.
    ScanLarge,
    /// Scans whose ranges are finished, read by `split`.
    Split,
}

/// Where the queues are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrls {
    /// URL of [`Queue::Uploads`].
    pub uploads: String,
    /// URL of [`Queue::Compress`].
    pub compress: String,
    /// URL of [`Queue::Scan`].
    pub scan: String,
    /// URL of [`Queue::ScanLarge`].
    pub scan_large: String,
    /// URL of [`Queue::Split`].
    pub split: String,
}

impl Queue {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Uploads, Self::Compress, Self::Scan, Self::ScanLarge, Self::Split];

    /// The queue of a task.
    #[must_use]
    pub const fn of(task: &Task) -> Self {
        match task {
            Task::Compress { .. } => Self::Compress,
            Task::Scan { is_large: false, .. } => Self::Scan,
            Task::Scan { is_large: true, .. } => Self::ScanLarge,
            Task::Split { .. } => Self::Split,
        }
    }
}

impl QueueUrls {
    /// The URL of a queue.
    #[must_use]
    pub fn url(&self, queue: Queue) -> &str {
        match queue {
            Queue::Uploads => &self.uploads,
            Queue::Compress => &self.compress,
            Queue::Scan => &self.scan,
            Queue::ScanLarge => &self.scan_large,
            Queue::Split => &self.split,
        }
    }

    /// The queue that an event source ARN (`arn:aws:sqs:region:account:name`) means. A queue's URL ends in its
    /// name, on AWS and on LocalStack alike.
    pub(crate) fn by_arn(&self, arn: &str) -> Option<Queue> {
        let name = arn.rsplit_once(':')?.1;
        let is_named = |queue: &Queue| !name.is_empty() && self.url(*queue).rsplit('/').next() == Some(name);
        Queue::ALL.into_iter().find(is_named)
    }
}

/// The queues, to send to and to put received messages back.
#[derive(Debug, Clone)]
pub struct Queues {
    client: Client,
    urls: QueueUrls,
}

impl Queues {
    /// Opens no connection yet. Region, credentials, endpoint and HTTP client come from `sdk`.
    #[must_use]
    pub fn new(sdk: &SdkConfig, urls: QueueUrls) -> Self {
        let settings = aws_sdk_sqs::config::Builder::from(sdk)
            .timeout_config(sdk::timeouts())
            .retry_config(sdk::retries())
            .build();
        Self { client: Client::from_conf(settings), urls }
    }

    /// Where the queues are.
    #[must_use]
    pub const fn urls(&self) -> &QueueUrls {
        &self.urls
    }

    /// Sends each task to its queue. Tasks that SQS does not accept are sent again a few times. An error
    /// tells which tasks are missing; the others are sent. At-least-once: after an error any may be.
    ///
    /// # Errors
    /// When SQS cannot be reached, refuses a call, or does not accept single tasks in any attempt.
    pub async fn send(&self, tasks: &[Task]) -> Result<(), QueueError> {
        send::send(self, tasks).await
    }

    /// Hands an object to `intake` as S3 would have: for objects whose own notification was lost.
    ///
    /// # Errors
    /// When SQS cannot be reached or refuses.
    pub async fn announce_upload(&self, bucket: &str, key: &str) -> Result<(), QueueError> {
        let body = notification(bucket, key);
        let call = self.client.send_message().queue_url(&self.urls.uploads).message_body(body);
        call.send().await.map_err(|error| failure("announce an upload", error))?;
        Ok(())
    }

    /// Makes a received message visible again after `delay`: rounded up to whole seconds, at most 12 hours,
    /// which is what SQS can do.
    ///
    /// # Errors
    /// When the message's queue is not known, or SQS cannot be reached or refuses (a receipt that is too old).
    pub async fn back_off(&self, received: &Received, delay: Duration) -> Result<(), QueueError> {
        let unknown = || QueueError::UnknownQueue { message_id: received.message_id.clone() };
        let queue = received.queue.ok_or_else(unknown)?;
        self.client
            .change_message_visibility()
            .queue_url(self.urls.url(queue))
            .receipt_handle(&received.receipt_handle)
            .visibility_timeout(visibility(delay))
            .send()
            .await
            .map_err(|error| failure("put a message back", error))?;
        Ok(())
    }
}

/// Whole seconds: rounded up, so that nothing returns before its time.
fn visibility(delay: Duration) -> i32 {
    let seconds = delay.as_secs().saturating_add(u64::from(delay.subsec_nanos() > 0));
    i32::try_from(seconds.min(LONGEST_VISIBILITY)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls() -> QueueUrls {
        let url = |name: &str| format!("http://127.0.0.1:4566/queue/us-east-1/000000000000/{name}");
        QueueUrls {
            uploads: url("uploads"),
            compress: url("compress"),
            scan: url("scan"),
            scan_large: url("scan-large"),
            split: "https://sqs.eu-central-1.amazonaws.com/123456789012/split".to_owned(),
        }
    }

    #[test]
    fn a_queue_is_found_by_the_name_in_its_arn() {
        let by_arn = |name: &str| urls().by_arn(&format!("arn:aws:sqs:us-east-1:000000000000:{name}"));
        assert_eq!(by_arn("scan"), Some(Queue::Scan));
        assert_eq!(by_arn("scan-large"), Some(Queue::ScanLarge));
        assert_eq!(by_arn("split"), Some(Queue::Split));
        assert_eq!(by_arn("large"), None);
        assert_eq!(by_arn(""), None);
        assert_eq!(urls().by_arn("split"), None);
    }

    #[test]
    fn the_ranges_of_large_volumes_have_a_queue_of_their_own() {
        let range = |is_large| Task::Scan { scan: 7, generation: 2, range: 0, is_large };
        assert_eq!((Queue::of(&range(false)), Queue::of(&range(true))), (Queue::Scan, Queue::ScanLarge));
        assert_eq!(Queue::of(&Task::Compress { scan: 7 }), Queue::Compress);
        assert_eq!(Queue::of(&Task::Split { scan: 7 }), Queue::Split);
    }

    #[test]
    fn a_delay_is_whole_seconds_that_sqs_accepts() {
        assert_eq!(visibility(Duration::ZERO), 0);
        assert_eq!(visibility(Duration::from_millis(1)), 1);
        assert_eq!(visibility(Duration::from_secs(7)), 7);
        assert_eq!(visibility(Duration::from_millis(43_199_001)), 43_200);
        assert_eq!(visibility(Duration::MAX), 43_200);
    }
}
