//! Attempts whose files no row names: their worker was lost, or they were superseded.

use super::Report;
use crate::attempt::Deadline;
use crate::context::Context;
use crate::error::StageError;
use crate::writes::{Effect, Function, write};
use std::time::{Duration, SystemTime};

/// An attempt this young may still be under way.
const YOUNGEST: Duration = Duration::from_secs(24 * 3600);

/// Time that one removal may take.
const ENOUGH: Duration = Duration::from_secs(10);

/// Removes what no row names, as far as the time allows.
pub async fn run(context: &Context, deadline: Deadline) -> Result<Report, StageError> {
    let mut report = Report::default();
    let Some(before) = SystemTime::now().checked_sub(YOUNGEST) else { return Ok(report) };
    let attempts = context.objects.list_attempts(before).await?;
    let named = context.catalog.named_attempts(&attempts).await?;
    for attempt in attempts.iter().filter(|attempt| !named.contains(*attempt)) {
        if deadline.remaining() < ENOUGH {
            break;
        }
        tracing::info!(attempt, "no row names this attempt; it is removed");
        let delete = context.objects.delete_prefix(attempt);
        write(Function::Reconcile, Effect::Delete, "any", delete).await?;
        report.removed += 1;
    }
    tracing::info!(?report, "swept the results");
    Ok(report)
}
