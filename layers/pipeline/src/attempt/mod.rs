//! One attempt of one stage: the lease is held, the work is done, and what became of it is written down.

mod backoff;
mod deadline;
mod keeper;
mod persistence;
mod scratch;

pub use deadline::Deadline;
use domain::Task;
pub use keeper::StopReason;
pub use scratch::Scratch;

use crate::context::Context;
use crate::error::{Consequence, StageError};
use crate::metrics::{Metric, emit};
use crate::writes::{Effect, Function, write};
use crate::{dispatch, failpoints, hooks};
use catalog::{Fenced, GivenBack, Lease};
use engine::cancellation::Cancellation;
use keeper::{Keeper, Vigil};
use queues::Verdict;
use std::time::{Duration, Instant};

pub(crate) use backoff::first as first_pause;
pub(crate) use persistence::persist;

/// An attempt under way.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The function's settings and ways to the outside.
    pub context: &'a Context,
    /// Who works.
    pub function: Function,
    /// What proves that the work is ours.
    pub lease: Lease,
    /// The upload's key.
    pub subject: String,
    /// Until when.
    pub deadline: Deadline,
    /// The attempt's own directory.
    pub scratch: Scratch,
    /// Raised when the work must stop.
    pub cancellation: Cancellation,
}

/// What a stage hands back: whether its results were published, and what is ready now.
pub type Finished = Fenced<Vec<Task>>;

impl<'a> Attempt<'a> {
    /// Prepares an attempt.
    fn new(
        context: &'a Context,
        function: Function,
        claimed: (Lease, String),
        deadline: Deadline,
    ) -> Result<Self, StageError> {
        let ((lease, subject), cancellation) = (claimed, Cancellation::new());
        Ok(Self { context, function, lease, subject, deadline, scratch: Scratch::new()?, cancellation })
    }

    /// Runs the engine on a thread of its own, so that time-outs and answers go on here.
    ///
    /// # Errors
    /// The engine's, and [`StageError::Panicked`].
    pub async fn engine<T, E>(&self, work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, StageError>
    where
        T: Send + 'static,
        E: Into<StageError> + Send + 'static,
    {
        let span = tracing::Span::current();
        let joined = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
        joined.map_err(|error| StageError::Panicked { reason: error.to_string() })?.map_err(Into::into)
    }

    fn vigil(&self) -> Vigil {
        let configuration = &self.context.configuration;
        Vigil {
            function: self.function,
            subject: self.subject.clone(),
            lease: self.lease,
            database: configuration.database.settings(),
            interval: configuration.recovery.heartbeat(),
            deadline: self.deadline,
        }
    }
}

/// Holds a lease while `work` is done, and writes down what became of it. Says what is to become of the message.
pub async fn run<W>(
    context: &Context,
    function: Function,
    claimed: (Lease, String),
    deadline: Deadline,
    work: W,
) -> Verdict
where
    W: AsyncFnOnce(&Attempt<'_>) -> Result<Finished, StageError>,
{
    let started = Instant::now();
    let (lease, subject) = claimed.clone();
    let result = match Attempt::new(context, function, claimed, deadline) {
        Ok(attempt) => Box::pin(supervise(&attempt, work)).await,
        Err(error) => (Err(error), None),
    };
    emit(function, &[(Metric::StageSeconds, started.elapsed().as_secs_f64())]);
    let end = End { context, function, lease, subject, deadline };
    match result {
        (_, Some(StopReason::LeaseLost)) | (Ok(Fenced::Lost), _) => end.lost(),
        (Ok(Fenced::Done(ready)), _) => end.finished(&ready).await,
        (Err(_), Some(StopReason::Deadline)) => end.failed(&StageError::Deadline).await,
        (Err(error), None) => end.failed(&error).await,
    }
}

async fn supervise<W>(attempt: &Attempt<'_>, work: W) -> (Result<Finished, StageError>, Option<StopReason>)
where
    W: AsyncFnOnce(&Attempt<'_>) -> Result<Finished, StageError>,
{
    let keeper = match Keeper::start(attempt.vigil(), attempt.cancellation.clone()) {
        Ok(keeper) => keeper,
        Err(source) => return (Err(StageError::Scratch { source }), None),
    };
    let point = format!("{}.work", attempt.function.name());
    let result = match failpoints::reach(&point, &attempt.subject).await.into_result() {
        Ok(()) => Box::pin(work(attempt)).await,
        Err(error) => Err(error),
    };
    let reason = keeper.end();
    // A lease that ends with the work that it was for is not lost.
    let reason = reason.filter(|reason| *reason == StopReason::Deadline || result.is_err());
    (result, reason)
}

/// What is left when the work is over.
struct End<'a> {
    context: &'a Context,
    function: Function,
    lease: Lease,
    subject: String,
    deadline: Deadline,
}

impl End<'_> {
    fn lost(&self) -> Verdict {
        tracing::warn!(code = "lease.lost", "the lease went to somebody else; nothing was changed");
        Verdict::Delete
    }

    async fn finished(&self, ready: &[Task]) -> Verdict {
        tracing::info!("finished");
        if ready.is_empty() {
            hooks::publish_or_leave(self.context, self.function, &self.subject).await;
        }
        match dispatch::send(self.context, self.function, &self.subject, ready).await {
            Ok(()) => Verdict::Delete,
            Err(error) => {
                tracing::error!(code = error.code().as_str(), %error, "the next message could not be sent");
                Verdict::Return { after: backoff::first(&self.context.configuration.recovery) }
            }
        }
    }

    async fn failed(&self, error: &StageError) -> Verdict {
        tracing::error!(code = error.code().as_str(), %error, "failed");
        let written = match error.consequence() {
            Consequence::Fail => self.fail(error).await,
            Consequence::ReturnToCompress => self.return_to_compress(error).await,
            Consequence::Retry => self.give_back(error).await,
        };
        written.unwrap_or_else(|error| {
            tracing::error!(code = error.code().as_str(), %error, "the failure could not be written down");
            Verdict::Return { after: backoff::first(&self.context.configuration.recovery) }
        })
    }

    async fn fail(&self, error: &StageError) -> Result<Verdict, StageError> {
        let failure = error.failure();
        let write_it = || self.context.catalog.fail(&self.lease, &failure);
        let fenced = write(self.function, Effect::Fail, &self.subject, persist(self.deadline, write_it)).await?;
        if matches!(fenced, Fenced::Done(_)) {
            emit(self.function, &[(Metric::Failures, 1.0)]);
            hooks::publish_or_leave(self.context, self.function, &self.subject).await;
        }
        Ok(Verdict::Delete)
    }

    async fn return_to_compress(&self, error: &StageError) -> Result<Verdict, StageError> {
        let reason = error.to_string();
        let write_it = || self.context.catalog.return_to_compress(&self.lease, &reason);
        let effect = Effect::ReturnToCompress;
        match write(self.function, effect, &self.subject, persist(self.deadline, write_it)).await? {
            Fenced::Done(ready) => Ok(self.finished(&ready).await),
            Fenced::Lost => Ok(self.lost()),
        }
    }

    async fn give_back(&self, error: &StageError) -> Result<Verdict, StageError> {
        let (failure, recovery) = (error.failure(), &self.context.configuration.recovery);
        let write_it = || self.context.catalog.give_back(&self.lease, &failure, recovery.maximum_attempts);
        match write(self.function, Effect::GiveBack, &self.subject, persist(self.deadline, write_it)).await? {
            Fenced::Lost => Ok(self.lost()),
            Fenced::Done(GivenBack::Waiting { attempts }) => {
                emit(self.function, &[(Metric::Retries, 1.0)]);
                Ok(Verdict::Return { after: backoff::after(recovery, attempts) })
            }
            Fenced::Done(GivenBack::Exhausted) => {
                emit(self.function, &[(Metric::DeadLetters, 1.0), (Metric::Failures, 1.0)]);
                hooks::publish_or_leave(self.context, self.function, &self.subject).await;
                Ok(Verdict::Return { after: Duration::ZERO })
            }
        }
    }
}
