//! One invocation's records: each is answered for alone.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use futures_util::FutureExt;

use crate::{QueueError, QueueUrls, Received};

/// How long a record stays away whose handling panicked: long enough not to spin, and short enough that five
/// receives have brought it to the dead letters within minutes.
const PAUSE_AFTER_PANIC: Duration = Duration::from_secs(30);

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is settled: Lambda deletes it.
    Delete,
    /// It failed: SQS delivers it again, or dead-letters it when it was received too often.
    Return {
        /// The pause before that.
        after: Duration,
    },
}

/// What to answer to Lambda, and what the boundary should log.
#[derive(Debug)]
pub struct Processed {
    /// Names the records to return, in their order. The event source mapping must have
    /// `ReportBatchItemFailures`.
    pub response: SqsBatchResponse,
    /// What went wrong beside the handler's own verdicts.
    pub faults: Vec<Fault>,
}

/// Something that went wrong with one record; it is among the returned ones.
#[derive(Debug)]
pub struct Fault {
    /// The record.
    pub message_id: String,
    /// What happened.
    pub reason: FaultReason,
}

/// What went wrong with a record.
#[derive(Debug, thiserror::Error)]
pub enum FaultReason {
    /// The handler panicked with this message.
    #[error("the handler panicked: {0}")]
    Panicked(String),
    /// The record is returned, but comes back after the queue's own visibility time-out.
    #[error("the record returns later than intended: {0}")]
    NotBackedOff(#[from] QueueError),
}

/// Handles one record after another, in their order. A record that fails or panics returns alone: the others
/// are deleted or returned by their own verdicts. `put_back` sets the pause of a record that returns; that is
/// [`crate::Queues::back_off`] and whatever the caller does around it.
///
/// A panic is caught where the future is polled, not by a task of its own: so `handle` may borrow, the
/// caller's `tracing` span stays around it, and nothing of it goes on running when the caller gives up.
pub async fn process_batch<F, A, P, B>(urls: &QueueUrls, event: SqsEvent, handle: F, put_back: P) -> Processed
where
    F: Fn(Received) -> A,
    A: Future<Output = Verdict>,
    P: Fn(Received, Duration) -> B,
    B: Future<Output = Result<(), QueueError>>,
{
    let mut processed = Processed { response: SqsBatchResponse::default(), faults: Vec::new() };
    for message in event.records {
        let received = Received::new(message, urls);
        let guarded = AssertUnwindSafe(async { handle(received.clone()).await }).catch_unwind();
        let after = match guarded.await {
            Ok(Verdict::Delete) => continue,
            Ok(Verdict::Return { after }) => after,
            Err(panic) => {
                processed.blame(&received, FaultReason::Panicked(words(panic.as_ref())));
                PAUSE_AFTER_PANIC
            }
        };
        if let Err(error) = put_back(received.clone(), after).await {
            processed.blame(&received, error.into());
        }
        processed.fail(received.message_id);
    }
    processed
}

impl Processed {
    fn blame(&mut self, received: &Received, reason: FaultReason) {
        self.faults.push(Fault { message_id: received.message_id.clone(), reason });
    }

    /// A record without an id gets an empty item identifier, by which Lambda returns the whole batch: doubled
    /// messages are harmless, lost ones are not.
    fn fail(&mut self, message_id: String) {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message_id;
        self.response.batch_item_failures.push(failure);
    }
}

/// `panic!` leaves a `&str` or a `String`; anything else has no words.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
