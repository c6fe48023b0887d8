//! Batches of entries: `SendMessageBatch` and `PutEvents` answer 200 even when they refuse single entries.

use aws::Refusal;
use backon::{ExponentialBuilder, RetryableWithContext};
use std::fmt;
use std::time::Duration;

use crate::{QueueError, RefusedEntry};

/// Entries in one call (a quota of SQS and of EventBridge).
pub(crate) const ENTRIES_PER_CALL: usize = 10;

const RETRIES: usize = 4;

/// Jitter adds up to once the pause, so that senders that were refused together do not come back together.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// A batch on its way.
pub(crate) struct Batch<E> {
    pub accepted: Vec<E>,
    waiting: Vec<E>,
}

/// Sends all entries, then those that were refused, with growing pauses. `call` sends entries and returns for each of
/// them, in their order, why it was refused, or `None` when it was accepted. The error says why entries were not
/// accepted; the others are in [`Batch::accepted`].
pub(crate) async fn send_entries<E, F, A>(
    entries: Vec<E>,
    action: &'static str,
    call: F,
) -> (Batch<E>, Result<(), QueueError>)
where
    E: Clone + fmt::Debug,
    F: Fn(Vec<E>) -> A,
    A: Future<Output = Result<Vec<Option<Refusal>>, QueueError>>,
{
    let batch = Batch { accepted: Vec::with_capacity(entries.len()), waiting: entries };
    let attempt = |mut batch: Batch<E>| async {
        let outcome = call(batch.waiting.clone()).await.and_then(|verdicts| batch.settle(verdicts, action));
        (batch, outcome)
    };
    let pauses = ExponentialBuilder::default().with_jitter().with_min_delay(FIRST_PAUSE).with_max_times(RETRIES);
    let is_refused = |error: &QueueError| matches!(error, QueueError::EntriesRefused { .. });
    attempt.retry(pauses).context(batch).when(is_refused).await
}

impl<E: fmt::Debug> Batch<E> {
    fn settle(&mut self, verdicts: Vec<Option<Refusal>>, action: &'static str) -> Result<(), QueueError> {
        let mut entries = Vec::new();
        for (entry, verdict) in std::mem::take(&mut self.waiting).into_iter().zip(verdicts) {
            match verdict {
                None => self.accepted.push(entry),
                Some(refusal) => {
                    entries.push(RefusedEntry { entry: format!("{entry:?}"), refusal });
                    self.waiting.push(entry);
                }
            }
        }
        if entries.is_empty() { Ok(()) } else { Err(QueueError::EntriesRefused { action, entries }) }
    }
}

/// The answer promises nothing about an entry that it does not mention, so the entry counts as refused.
pub(crate) fn not_mentioned() -> Refusal {
    Refusal::new(Some("not mentioned"), Some("the answer does not mention the entry"))
}
