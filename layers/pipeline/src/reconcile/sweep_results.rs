//! Attempts whose files no row names: their worker was lost, or they were superseded.

use super::Report;
use crate::attempt::Deadline;
use crate::context::Context;
use crate::error::StageError;
use crate::writes::{Effect, Function, write};
use domain::{AttemptKind, AttemptPrefix, Results, Work};
use objects::ListedAttempt;
use std::time::Duration;
use time::OffsetDateTime;

/// Attempts that are asked for at once.
const PAGE: usize = 200;

/// Time that one page may take.
const ENOUGH: Duration = Duration::from_secs(20);

/// Removes what no row names, as far as the time allows.
pub async fn run(context: &Context, deadline: Deadline) -> Result<Report, StageError> {
    let mut report = Report::default();
    report.removed += sweep::<Work>(context, deadline).await?;
    report.removed += sweep::<Results>(context, deadline).await?;
    tracing::info!(?report, "swept the results");
    Ok(report)
}

async fn sweep<K: AttemptKind>(context: &Context, deadline: Deadline) -> Result<usize, StageError> {
    let (mut removed, mut next) = (0, None::<AttemptPrefix<K>>);
    loop {
        let page = context.objects.list_attempts(next.as_ref(), PAGE).await?;
        for attempt in dead(context, &page.attempts).await? {
            tracing::info!(%attempt, "no row names this attempt; it is removed");
            let delete = context.objects.delete_attempt(&attempt);
            write(Function::Reconcile, Effect::Delete, "any", delete).await?;
            removed += 1;
        }
        next = page.next;
        if next.is_none() || deadline.remaining() < ENOUGH {
            return Ok(removed);
        }
    }
}

/// Those that are old enough and that no row names.
async fn dead<K: AttemptKind>(
    context: &Context,
    page: &[ListedAttempt<K>],
) -> Result<Vec<AttemptPrefix<K>>, StageError> {
    let age = Duration::from_secs(context.configuration.recovery.result_sweep_age_seconds);
    let is_old = |attempt: &&ListedAttempt<K>| OffsetDateTime::now_utc() - attempt.last_modified >= age;
    let old: Vec<AttemptPrefix<K>> = page.iter().filter(is_old).map(|attempt| attempt.prefix).collect();
    let live = context.catalog.live_attempts(&old).await?;
    Ok(old.into_iter().filter(|attempt| !live.contains(attempt)).collect())
}
