//! The ends of scans reach the bus through the outbox.

use crate::context::Context;
use crate::error::StageError;
use crate::writes::{Effect, Function, write};

/// Events that one call publishes: EventBridge takes ten at once.
const BATCH: i64 = 10;

/// Publishes what the outbox holds; tells how many events went out. The same event may go out twice, from two functions
/// at once or when the mark is lost: its id tells.
pub async fn publish(context: &Context, function: Function, subject: &str) -> Result<usize, StageError> {
    let mut published = 0;
    loop {
        let unsent = context.catalog.unsent_events(BATCH).await?;
        if unsent.is_empty() {
            return Ok(published);
        }
        let sent = write(function, Effect::Publish, subject, context.bus.publish(&unsent)).await;
        write(function, Effect::MarkSent, subject, context.catalog.mark_sent(&sent.accepted)).await?;
        published += sent.accepted.len();
        if let Some(error) = sent.error {
            return Err(error.into());
        }
        if unsent.len() < BATCH as usize {
            return Ok(published);
        }
    }
}

/// Publishes after a scan's end, as well as it goes: what stays is published by `reconcile`.
pub async fn publish_or_leave(context: &Context, function: Function, subject: &str) {
    if let Err(error) = publish(context, function, subject).await {
        tracing::warn!(code = error.code().as_str(), %error, "the end of the scan is not published yet");
    }
}
