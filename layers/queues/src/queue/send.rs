//! Tasks to their queues, ten a call.

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::Task;

use super::{Queue, Queues};
use crate::QueueError;
use crate::repeat::{Refusal, repeat_failed};
use crate::sdk::failure;

/// What `SendMessageBatch` takes at once (a quota of SQS).
const ENTRIES_PER_CALL: usize = 10;

const ACTION: &str = "send tasks";

/// Goes on after refused entries, since other tasks may well be accepted; stops when SQS is away.
pub(super) async fn send(queues: &Queues, tasks: &[Task]) -> Result<(), QueueError> {
    let mut refused = Vec::new();
    for queue in Queue::ALL {
        let own: Vec<Task> = tasks.iter().filter(|task| Queue::of(task) == queue).copied().collect();
        for some in own.chunks(ENTRIES_PER_CALL) {
            match repeat_failed(some.to_vec(), ACTION, |tasks| send_once(queues, queue, tasks)).await.error {
                Some(QueueError::EntriesRefused { entries, .. }) => refused.extend(entries),
                Some(error) => return Err(error),
                None => {}
            }
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(QueueError::EntriesRefused { action: ACTION, entries: refused }) }
}

/// One call; for each task whether it was refused.
async fn send_once(queues: &Queues, queue: Queue, tasks: Vec<Task>) -> Result<Vec<Option<Refusal>>, QueueError> {
    let entries = tasks.iter().enumerate().map(|(index, task)| entry(index, task)).collect::<Result<Vec<_>, _>>()?;
    let call = queues.client.send_message_batch().queue_url(queues.urls.url(queue)).set_entries(Some(entries));
    let answer = call.send().await.map_err(|error| failure(ACTION, error))?;
    tracing::debug!(?queue, sent = answer.successful().len(), failed = answer.failed().len(), "tasks sent");
    let verdict = |index: usize| {
        let id = index.to_string();
        if answer.successful().iter().any(|accepted| accepted.id() == id) {
            return None;
        }
        let failed = answer.failed().iter().find(|failed| failed.id() == id);
        Some(failed.map_or_else(Refusal::unmentioned, |failed| Refusal::new(Some(failed.code()), failed.message())))
    };
    Ok((0..tasks.len()).map(verdict).collect())
}

/// The scan is the message group: fair queues then keep one large volume from delaying all others.
fn entry(index: usize, task: &Task) -> Result<SendMessageBatchRequestEntry, QueueError> {
    let malformed = |reason: String| QueueError::Malformed { what: "a task", reason };
    let body = task.body().map_err(|error| malformed(error.to_string()))?;
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(body)
        .message_group_id(task.scan().to_string())
        .build()
        .map_err(|error| QueueError::Malformed { what: "a batch's entry", reason: error.to_string() })
}
