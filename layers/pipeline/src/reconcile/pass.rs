//! One pass: stale leases, lost messages, unsent events, a sample.

use super::Report;
use crate::context::Context;
use crate::error::StageError;
use crate::metrics::{Metric, emit};
use crate::writes::{Effect, Function, write};
use crate::{dispatch, hooks};
use catalog::{RescueOutcome, Rescued};
use domain::Task;
use std::time::Duration;

/// Rows that one statement changes at most, so that none holds its locks for long.
const BATCH: i64 = 100;

/// A pass changes rows of any key; the tests' failpoints call them all by this name.
const ANY: &str = "any";

/// One pass. What was found is done and sent before the next thing is looked for.
pub async fn run(context: &Context) -> Result<Report, StageError> {
    let mut report = Report::default();
    rescue(context, &mut report).await?;
    resend(context, &mut report).await?;
    report.published = hooks::publish(context, Function::Reconcile, ANY).await?;
    sample(context, &report).await?;
    tracing::info!(?report, "reconciled");
    Ok(report)
}

async fn rescue(context: &Context, report: &mut Report) -> Result<(), StageError> {
    let rules = context.configuration.recovery.lease_rules();
    loop {
        let rescue = context.catalog.rescue(&rules, BATCH);
        let rescued = write(Function::Reconcile, Effect::Rescue, ANY, rescue).await?;
        rescued.iter().for_each(tell);
        let ready: Vec<Task> = rescued.iter().filter_map(ready).collect();
        report.rescued += rescued.len();
        report.interrupted += rescued.len() - ready.len();
        dispatch::send(context, Function::Reconcile, ANY, &ready).await?;
        if rescued.len() < BATCH as usize {
            return Ok(());
        }
    }
}

fn ready(rescued: &Rescued) -> Option<Task> {
    match &rescued.outcome {
        RescueOutcome::Resent(ready) => Some(*ready),
        RescueOutcome::Interrupted => None,
    }
}

fn tell(rescued: &Rescued) {
    let (scan, range, stage, idle) = (rescued.scan, rescued.range, rescued.stage, rescued.idle);
    tracing::warn!(scan, ?range, ?stage, ?idle, outcome = ?rescued.outcome, code = "worker.lost", "nobody was working on it");
}

async fn resend(context: &Context, report: &mut Report) -> Result<(), StageError> {
    let after = Duration::from_secs(context.configuration.recovery.resend_after_seconds);
    loop {
        let resend = context.catalog.resend(after, BATCH);
        let ready = write(Function::Reconcile, Effect::Resend, ANY, resend).await?;
        ready.iter().for_each(|ready| tracing::warn!(?ready, code = "message.lost", "its message is sent again"));
        report.resent += ready.len();
        dispatch::send(context, Function::Reconcile, ANY, &ready).await?;
        if ready.len() < BATCH as usize {
            return Ok(());
        }
    }
}

async fn sample(context: &Context, report: &Report) -> Result<(), StageError> {
    let sample = context.catalog.record_sample(report.rescued as i32, report.resent as i32);
    let sample = write(Function::Reconcile, Effect::Sample, ANY, sample).await?;
    emit(
        Function::Reconcile,
        &[
            (Metric::StuckFound, report.rescued as f64),
            (Metric::Resent, report.resent as f64),
            (Metric::Failures, report.interrupted as f64),
            (Metric::OldestMessageSeconds, sample.oldest_message_seconds),
        ],
    );
    Ok(())
}
