//! Sends the messages of rows that wait.

use crate::context::Context;
use crate::error::StageError;
use crate::writes::{Effect, Function, write};
use domain::Task;

/// Sends a message for each task. The rows were committed before, so `reconcile` sends again what is lost here.
pub async fn send(context: &Context, function: Function, subject: &str, tasks: &[Task]) -> Result<(), StageError> {
    if tasks.is_empty() {
        return Ok(());
    }
    write(function, Effect::Send, subject, context.queues.send(tasks)).await?;
    tracing::info!(messages = tasks.len(), first = ?tasks.first(), "sent");
    Ok(())
}
