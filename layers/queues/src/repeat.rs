//! `SendMessageBatch` and `PutEvents` answer 200 although single entries failed: these are sent again.

use std::fmt;
use std::time::Duration;

use crate::{QueueError, RefusedEntry};

/// Attempts for an entry, the first one included.
const ATTEMPTS: u32 = 5;

/// The pause before the second attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Why an entry was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    error_code: String,
    message: String,
}

/// What became of a batch's entries.
pub(crate) struct Sent<E> {
    /// Those that were accepted, in the order in which they were.
    pub accepted: Vec<E>,
    /// What kept the others from it.
    pub error: Option<QueueError>,
}

impl Refusal {
    pub fn new(error_code: Option<&str>, message: Option<&str>) -> Self {
        Self {
            error_code: error_code.unwrap_or("no code").to_owned(),
            message: message.unwrap_or("no message").to_owned(),
        }
    }

    /// For an entry that the answer does not mention: no promise, so it counts as refused.
    pub fn unmentioned() -> Self {
        Self::new(Some("unmentioned"), Some("the answer does not mention the entry"))
    }
}

/// Calls with all entries, then with those that were refused, with growing pauses. `call` returns for each of
/// its entries, in their order, why it was refused, or `None` when it was accepted.
pub(crate) async fn repeat_failed<E, F, A>(entries: Vec<E>, action: &'static str, call: F) -> Sent<E>
where
    E: Clone + fmt::Debug,
    F: Fn(Vec<E>) -> A,
    A: Future<Output = Result<Vec<Option<Refusal>>, QueueError>>,
{
    let mut accepted = Vec::with_capacity(entries.len());
    let mut waiting = entries;
    let mut refusals = Vec::new();
    for attempt in 0..ATTEMPTS {
        pause(attempt).await;
        let verdicts = match call(waiting.clone()).await {
            Ok(verdicts) => verdicts,
            Err(error) => return Sent { accepted, error: Some(error) },
        };
        refusals.clear();
        for (entry, verdict) in std::mem::take(&mut waiting).into_iter().zip(verdicts) {
            match verdict {
                None => accepted.push(entry),
                Some(refusal) => {
                    refusals.push(refusal);
                    waiting.push(entry);
                }
            }
        }
        if waiting.is_empty() {
            return Sent { accepted, error: None };
        }
    }
    let entries = waiting.iter().zip(refusals).map(|(entry, refusal)| refused(entry, refusal)).collect();
    Sent { accepted, error: Some(QueueError::EntriesRefused { action, entries }) }
}

/// Nothing before the first attempt; afterwards between half and the whole of a doubling time, so that
/// many senders that were refused together do not come back together.
async fn pause(attempt: u32) {
    if let Some(doublings) = attempt.checked_sub(1) {
        tokio::time::sleep(FIRST_PAUSE.mul_f64(2_f64.powi(doublings as i32) * rand::random_range(0.5..=1.0))).await;
    }
}

fn refused<E: fmt::Debug>(entry: &E, refusal: Refusal) -> RefusedEntry {
    RefusedEntry { entry: format!("{entry:?}"), error_code: refusal.error_code, message: refusal.message }
}
