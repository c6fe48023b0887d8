//! Publishes the ends of scans, which the database's triggers put into an outbox.

use crate::context::Context;
use crate::error::StageError;

/// The most events that EventBridge takes at once.
const BATCH: i64 = 10;

/// Publishes the whole outbox and returns the number of events. An event can be published twice, when two functions do
/// this at once or when the mark is lost; its id tells listeners.
pub async fn publish(context: &Context) -> Result<usize, StageError> {
    let mut published = 0;
    loop {
        let unsent = context.catalog.unsent_events(BATCH).await?;
        if unsent.is_empty() {
            return Ok(published);
        }
        let sent = context.publish_events(&unsent).await;
        context.mark_sent(&sent.accepted).await?;
        published += sent.accepted.len();
        if let Some(error) = sent.error {
            return Err(error.into());
        }
        if unsent.len() < BATCH as usize {
            return Ok(published);
        }
    }
}

/// Best effort after the end of a scan; `reconcile` publishes what could not be sent.
pub async fn try_publish(context: &Context) {
    if let Err(error) = publish(context).await {
        let code = error.code().as_str();
        tracing::warn!(code, %error, "the ends of scans could not be published; reconcile publishes them later");
    }
}
