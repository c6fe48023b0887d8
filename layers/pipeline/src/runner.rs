//! The job runner: claims the row that a message names, works on it, publishes the results, and sends what comes next.

use crate::attempt::{Attempt, Claimed};
use crate::context::Context;
use crate::deadline::Deadline;
use crate::error::{Consequence, StageError};
use crate::heartbeat::{HeartbeatThread, StopReason};
use crate::metrics::Metric;
use crate::scratch::Scratch;
use crate::{outbox, retry};
use catalog::{Catalog, CatalogError, Claim, ClaimTerms, Fenced, GivenBack, Lease, Usage};
use domain::{FailureCode, Task};
use objects::Traffic;
use queues::{Received, Verdict};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tracing::{Instrument, Span};

/// What a function does with a message of its queue.
pub trait Handler {
    /// Says what becomes of the message.
    ///
    /// # Errors
    /// When the message cannot be handled at all. SQS then delivers it again.
    fn handle(
        &self,
        context: &Context,
        message: &Received,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Verdict, StageError>>;
}

/// What one stage does. The runner does everything that the stages have in common.
pub trait Job {
    type Claimed: Claimed;
    /// What the work made, as the commit needs it.
    type Output;

    /// Claims the row of a task.
    ///
    /// # Errors
    /// [`StageError::Misplaced`] when the task is another stage's, and when the database does not answer.
    fn claim(
        catalog: &Catalog,
        task: &Task,
        terms: &ClaimTerms,
    ) -> impl Future<Output = Result<Claim<Self::Claimed>, StageError>>;

    /// Makes the results and uploads them below the prefix of the attempt.
    ///
    /// # Errors
    /// Why the attempt failed; [`StageError::consequence`] decides what follows.
    fn work(
        &self,
        attempt: &Attempt<'_>,
        claimed: &Self::Claimed,
        scratch: &Scratch,
    ) -> impl Future<Output = Result<Self::Output, StageError>>;

    /// Commits the results and returns the tasks that are ready then.
    ///
    /// # Errors
    /// When the database does not answer.
    fn publish(
        catalog: &Catalog,
        lease: &Lease,
        output: &Self::Output,
    ) -> impl Future<Output = Result<Fenced<Vec<Task>>, CatalogError>>;
}

impl<J: Job> Handler for J {
    async fn handle(&self, context: &Context, message: &Received, deadline: Deadline) -> Result<Verdict, StageError> {
        let task = message.task()?;
        // Every message of SQS has the time. One without it is not taken for a redrive.
        let sent_at = message.sent_at.map_or(OffsetDateTime::UNIX_EPOCH, Into::into);
        let terms = ClaimTerms { rules: context.configuration.recovery.lease_rules(), sent_at };
        run(self, context, task, &terms, deadline).instrument(span(&task)).await
    }
}

fn span(task: &Task) -> Span {
    let key = tracing::field::Empty;
    match *task {
        Task::Compress { scan, .. } | Task::Split { scan } => tracing::info_span!("attempt", scan, key),
        Task::Scan { scan, generation, range, .. } => tracing::info_span!("attempt", scan, generation, range, key),
    }
}

async fn run<J: Job>(
    job: &J,
    context: &Context,
    task: Task,
    terms: &ClaimTerms,
    deadline: Deadline,
) -> Result<Verdict, StageError> {
    let claimed = match context.claim(&task, J::claim(&context.catalog, &task, terms)).await? {
        Claim::Claimed(claimed) => claimed,
        other => return not_claimed(context, &task, other).await,
    };
    Span::current().record("key", claimed.key());
    let (attempt, started) = (Attempt::new(context, task, claimed.lease(), deadline), Instant::now());
    let before = context.objects.traffic();
    let published = Box::pin(work_and_publish(job, &attempt, &claimed)).await;
    let traffic = context.objects.traffic().since(&before);
    let seconds = started.elapsed().as_secs_f64();
    context.emit(&[(Metric::StageSeconds, seconds)]);
    let verdict = match published {
        Ok(Fenced::Done(next)) => {
            tracing::info!(seconds, "{task} finished in {seconds:.1} s");
            finish(context, &next).await
        }
        Ok(Fenced::Lost) => Ok(lost(&task)),
        Err(error) => {
            tracing::error!(code = error.code().as_str(), %error, "{task} failed after {seconds:.1} s");
            recover(&attempt, &error).await
        }
    };
    // Last: the next stage does not wait for it.
    record_usage(&attempt, &traffic).await;
    verdict
}

/// Best effort: an attempt without a record costs what its time says.
async fn record_usage(attempt: &Attempt<'_>, traffic: &Traffic) {
    let usage = Usage {
        memory_megabytes: attempt.context.configuration.memory_megabytes,
        bytes_read: i64::try_from(traffic.bytes_read).unwrap_or(i64::MAX),
        bytes_written: i64::try_from(traffic.bytes_written).unwrap_or(i64::MAX),
        read_requests: i32::try_from(traffic.read_requests).unwrap_or(i32::MAX),
        write_requests: i32::try_from(traffic.write_requests).unwrap_or(i32::MAX),
    };
    if let Err(error) = attempt.record_usage(&usage).await {
        tracing::debug!(code = error.code().as_str(), %error, "what {} used is not recorded", attempt.task);
    }
}

/// The heartbeat holds the lease meanwhile, and stops the work when the lease is lost or the time is up.
async fn work_and_publish<J: Job>(
    job: &J,
    attempt: &Attempt<'_>,
    claimed: &J::Claimed,
) -> Result<Fenced<Vec<Task>>, StageError> {
    let heartbeat = HeartbeatThread::start(attempt).map_err(|source| StageError::Scratch { source })?;
    let work = async {
        let scratch = Scratch::new()?;
        let output = job.work(attempt, claimed, &scratch).await?;
        Ok(attempt.publish(|| J::publish(&attempt.context.catalog, &attempt.lease, &output)).await?)
    };
    let published = attempt.work(work).await;
    // A lease that ends with the commit of its own attempt is not lost.
    match (heartbeat.end(), published) {
        (Some(StopReason::LeaseLost), Err(_)) => Ok(Fenced::Lost),
        (Some(StopReason::Deadline), Err(_)) => Err(StageError::Deadline),
        (_, published) => published,
    }
}

/// A message whose row cannot be claimed.
async fn not_claimed<C>(context: &Context, task: &Task, claim: Claim<C>) -> Result<Verdict, StageError> {
    let (verdict, why) = match claim {
        Claim::Done(next) => {
            context.send(&next).await?;
            (Verdict::Delete, "it is done")
        }
        Claim::Interrupted => {
            outbox::try_publish(context).await;
            (Verdict::Delete, "it lost too many workers, and the scan is FAILED")
        }
        Claim::Exhausted => {
            (Verdict::Return { after: Duration::ZERO }, "its message is on the way to the dead letters")
        }
        Claim::Busy => (Verdict::Delete, "another worker holds the lease"),
        Claim::NotDue => (Verdict::Delete, "it is deferred or waits for a person"),
        Claim::Gone | Claim::Claimed(_) => (Verdict::Delete, "nothing waits for it"),
    };
    tracing::info!(why, "{task} was not claimed: {why}");
    Ok(verdict)
}

async fn finish(context: &Context, next: &[Task]) -> Result<Verdict, StageError> {
    if next.is_empty() {
        outbox::try_publish(context).await;
    }
    context.send(next).await?;
    Ok(Verdict::Delete)
}

fn lost(task: &Task) -> Verdict {
    let code = FailureCode::LeaseLost.as_str();
    tracing::warn!(code, "{task} was taken over by another worker; this attempt changed nothing");
    Verdict::Delete
}

/// Writes what follows from a failure. A failure that cannot be written is left to `reconcile`.
async fn recover(attempt: &Attempt<'_>, error: &StageError) -> Result<Verdict, StageError> {
    match error.consequence() {
        Consequence::Fail => fail(attempt, error).await,
        Consequence::ReturnToCompress => return_to_compress(attempt, error).await,
        Consequence::Retry => give_back(attempt, error).await,
    }
}

async fn fail(attempt: &Attempt<'_>, error: &StageError) -> Result<Verdict, StageError> {
    let (context, task) = (attempt.context, &attempt.task);
    match attempt.fail(&error.failure()).await? {
        Fenced::Lost => Ok(lost(task)),
        Fenced::Done(()) => {
            tracing::info!("{task} will not be retried: the input is at fault");
            outbox::try_publish(context).await;
            Ok(Verdict::Delete)
        }
    }
}

async fn return_to_compress(attempt: &Attempt<'_>, error: &StageError) -> Result<Verdict, StageError> {
    match attempt.return_to_compress(&error.to_string()).await? {
        Fenced::Lost => Ok(lost(&attempt.task)),
        Fenced::Done(next) => {
            tracing::info!("scan {} goes back to compress", attempt.task.scan());
            finish(attempt.context, &next).await
        }
    }
}

async fn give_back(attempt: &Attempt<'_>, error: &StageError) -> Result<Verdict, StageError> {
    let (context, task) = (attempt.context, &attempt.task);
    let recovery = &context.configuration.recovery;
    match attempt.give_back(&error.failure(), recovery.maximum_attempts).await? {
        Fenced::Lost => Ok(lost(task)),
        Fenced::Done(GivenBack::Waiting { attempts }) => {
            let after = retry::pause_after(recovery, attempts);
            tracing::info!(attempts, "{task} will be retried in {} s", after.as_secs());
            context.emit(&[(Metric::Retries, 1.0)]);
            Ok(Verdict::Return { after })
        }
        Fenced::Done(GivenBack::Exhausted) => {
            tracing::info!("{task} will not be retried: all attempts failed, and its message goes to the dead letters");
            context.emit(&[(Metric::DeadLetters, 1.0)]);
            outbox::try_publish(context).await;
            Ok(Verdict::Return { after: Duration::ZERO })
        }
    }
}
