//! The records of one invocation. Each gets its own verdict.

use futures_util::FutureExt;
use serde::Serialize;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use crate::{QueueError, QueueUrls, Received, SqsEvent, trace};

/// The pause after a panic. It is long enough not to retry in a tight loop, and short enough that five receives bring
/// the message to the dead letters within minutes.
const PAUSE_AFTER_PANIC: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Lambda deletes the message.
    Delete,
    /// SQS delivers the message again after a pause, or dead-letters it when it was received too often.
    Return { after: Duration },
}

/// The answer to Lambda: which records to return, in their order. The event source mapping must have
/// `ReportBatchItemFailures`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SqsBatchResponse {
    pub batch_item_failures: Vec<BatchItemFailure>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    pub item_identifier: String,
}

#[derive(Debug)]
pub struct Processed {
    pub response: SqsBatchResponse,
    /// What went wrong outside the handler's own verdicts; for the caller to log.
    pub faults: Vec<Fault>,
}

/// Something that went wrong with one record. The record is among the returned ones.
#[derive(Debug)]
pub struct Fault {
    pub message_id: String,
    pub reason: FaultReason,
}

#[derive(Debug, thiserror::Error)]
pub enum FaultReason {
    #[error("The handler panicked: {0}.")]
    Panicked(String),
    /// The message returns after the queue's own visibility time-out.
    #[error("The message returns later than intended. {0}")]
    NotBackedOff(#[from] QueueError),
}

/// Handles the records one after another, in their order. A record that fails or panics returns alone. `put_back` sets
/// the pause of a record that returns: it calls [`crate::Queues::back_off`]. What `handle` sends belongs to the trace of the
/// record, or to that of the invocation, whose header is `invocation`.
///
/// A panic is caught around the polling of the future, not by a task: `handle` may borrow, the caller's `tracing` span
/// stays active, and nothing continues to run when the caller drops the future.
pub async fn process_batch<F, A, P, B>(
    urls: &QueueUrls,
    event: SqsEvent,
    invocation: Option<&str>,
    handle: F,
    put_back: P,
) -> Processed
where
    F: Fn(Received) -> A,
    A: Future<Output = Verdict>,
    P: Fn(Received, Duration) -> B,
    B: Future<Output = Result<(), QueueError>>,
{
    let mut processed = Processed { response: SqsBatchResponse::default(), faults: Vec::new() };
    for record in event.records {
        let received = Received::new(record, urls);
        let guarded = AssertUnwindSafe(async { handle(received.clone()).await }).catch_unwind();
        let after = match trace::scope(received.trace.as_deref(), invocation, guarded).await {
            Ok(Verdict::Delete) => continue,
            Ok(Verdict::Return { after }) => after,
            Err(panic) => {
                processed.add_fault(&received, FaultReason::Panicked(panic_message(panic.as_ref())));
                PAUSE_AFTER_PANIC
            }
        };
        if let Err(error) = put_back(received.clone(), after).await {
            processed.add_fault(&received, error.into());
        }
        // A record without an id gets an empty identifier, for which Lambda returns the whole batch: doubled messages
        // are harmless, lost ones are not.
        processed.response.batch_item_failures.push(BatchItemFailure { item_identifier: received.message_id });
    }
    processed
}

impl Processed {
    fn add_fault(&mut self, received: &Received, reason: FaultReason) {
        self.faults.push(Fault { message_id: received.message_id.clone(), reason });
    }
}

/// `panic!` gives a `&str` or a `String`; `panic_any` may give anything else.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
