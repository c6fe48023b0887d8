//! Publishes the ends of scans, which the database's triggers put into an outbox.

use crate::context::Context;
use crate::error::StageError;
use crate::metrics::Metric;
use domain::{ScanEnded, Status};
use queues::{Published, QueueError};
use uuid::Uuid;

/// The most events that EventBridge takes at once.
const BATCH: i64 = 10;

/// With more refused events than this, something is wrong with the bus and not with single events.
const MOST_REFUSED: usize = 100;

/// Publishes the whole outbox and returns the number of events. An event can be published twice, when two functions do
/// this at once or when the mark is lost; its id tells listeners. A refused event stays, and does not hold up the others.
pub async fn publish(context: &Context) -> Result<usize, StageError> {
    let (mut published, mut refused, mut fault) = (0, Vec::new(), None);
    loop {
        let unsent = context.catalog.unsent_events(&refused, BATCH).await?;
        let sent = if unsent.is_empty() { Published::default() } else { context.publish_events(&unsent).await };
        context.mark_sent(&sent.accepted).await?;
        count_failures(context, &unsent, &sent.accepted);
        published += sent.accepted.len();
        refused.extend(unsent.iter().map(|event| event.id).filter(|id| !sent.accepted.contains(id)));
        let is_unreachable = sent.error.as_ref().is_some_and(QueueError::is_unreachable);
        fault = sent.error.or(fault);
        if unsent.len() < BATCH as usize || is_unreachable || refused.len() > MOST_REFUSED {
            return fault.map_or(Ok(published), |error| Err(error.into()));
        }
    }
}

/// Every way to FAILED ends in the outbox, so here none is forgotten.
fn count_failures(context: &Context, events: &[ScanEnded], accepted: &[Uuid]) {
    let is_failure = |event: &&ScanEnded| accepted.contains(&event.id) && event.kind == Status::Failed.as_str();
    let failures = events.iter().filter(is_failure).count();
    if failures > 0 {
        context.emit(&[(Metric::Failures, failures as f64)]);
    }
}

/// Best effort after the end of a scan; `reconcile` publishes what could not be sent.
pub async fn try_publish(context: &Context) {
    if let Err(error) = publish(context).await {
        let code = error.code().as_str();
        tracing::warn!(code, %error, "the ends of scans could not be published; reconcile publishes them later");
    }
}
