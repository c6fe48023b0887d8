//! From rows that are ready to messages that say so.

use crate::context::Context;
use crate::error::StageError;
use crate::writes::{Effect, Function, write};
use catalog::Ready;
use queues::Task;

/// Sends a message for everything that is ready. The rows were committed before: a message that gets lost here is sent
/// again by `reconcile`.
pub async fn send(context: &Context, function: Function, subject: &str, ready: &[Ready]) -> Result<(), StageError> {
    if ready.is_empty() {
        return Ok(());
    }
    let tasks = tasks(ready);
    write(function, Effect::Send, subject, context.queues.send(&tasks)).await?;
    tracing::info!(messages = tasks.len(), first = ?tasks.first(), "sent");
    Ok(())
}

/// The messages that say so.
pub fn tasks(ready: &[Ready]) -> Vec<Task> {
    ready.iter().map(task).collect()
}

fn task(ready: &Ready) -> Task {
    match *ready {
        Ready::Compress { scan } => Task::Compress { scan },
        Ready::Range { scan, generation, number, is_large } => Task::Scan { scan, generation, range: number, is_large },
        Ready::Split { scan } => Task::Split { scan },
    }
}
