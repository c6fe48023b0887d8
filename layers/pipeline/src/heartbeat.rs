//! The heartbeat has a thread and a connection of its own, because the engine keeps the worker busy for minutes.

use crate::attempt::Attempt;
use crate::deadline::Deadline;
use crate::failpoints::{self, Harm};
use crate::function::Function;
use crate::pages_at_work::PagesAtWork;
use catalog::{CatalogError, Database, Heartbeat, Lease};
use domain::Task;
use engine::cancellation::Cancellation;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Why the heartbeat told a worker to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    Deadline,
    LeaseLost,
}

/// Renews a lease until it is stopped. It raises the attempt's cancellation when the lease is lost or the time is up.
#[derive(Debug)]
pub struct HeartbeatThread {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Option<StopReason>>>,
}

impl HeartbeatThread {
    /// # Errors
    /// When the system starts no thread.
    pub fn start(attempt: &Attempt<'_>) -> std::io::Result<Self> {
        let configuration = &attempt.context.configuration;
        let renewal = Renewal {
            function: attempt.context.function,
            task: attempt.task,
            lease: attempt.lease,
            database: attempt.context.database.clone(),
            interval: configuration.recovery.heartbeat(),
            pages: Arc::clone(&attempt.pages),
        };
        let (stop, stopped) = oneshot::channel();
        let watch = failpoints::inherit(watch(renewal, attempt.deadline, attempt.cancellation.clone(), stopped));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let span = tracing::Span::current();
        let thread = std::thread::Builder::new().name("heartbeat".to_owned()).spawn(move || {
            let _entered = span.entered();
            runtime.block_on(watch)
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// Stops the thread and returns why it had told the worker to stop, if it had.
    #[must_use]
    pub fn end(mut self) -> Option<StopReason> {
        self.join()
    }

    fn join(&mut self) -> Option<StopReason> {
        drop(self.stop.take());
        self.thread.take().and_then(|thread| thread.join().ok()).flatten()
    }
}

impl Drop for HeartbeatThread {
    fn drop(&mut self) {
        // Lambda would freeze a thread that outlives its invocation, and the thread's connection with it.
        self.join();
    }
}

async fn watch(
    renewal: Renewal,
    deadline: Deadline,
    cancellation: Cancellation,
    stopped: oneshot::Receiver<()>,
) -> Option<StopReason> {
    let reason = tokio::select! {
        // The stop comes first, so that a worker that is done does not count as late.
        biased;
        _ = stopped => return None,
        () = renewal.renew_until_lost() => StopReason::LeaseLost,
        () = tokio::time::sleep_until(deadline.instant().into()) => StopReason::Deadline,
    };
    cancellation.cancel();
    Some(reason)
}

struct Renewal {
    function: Function,
    task: Task,
    lease: Lease,
    database: Database,
    interval: Duration,
    pages: Arc<PagesAtWork>,
}

impl Renewal {
    /// A database that does not answer does not mean that the lease is lost: every write of the worker is fenced anyway.
    async fn renew_until_lost(&self) {
        let mut connection = None;
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.interval) => {}
                // At once, so that the row names the page even if the page kills the worker before the next beat.
                () = self.pages.begun() => {}
            }
            if failpoints::reach(|| format!("{}.heartbeat", self.function.name())).await == Harm::Skip {
                // A heartbeat that a test stopped does not start again.
                return std::future::pending().await;
            }
            match self.beat(&mut connection).await {
                Ok(true) => {
                    failpoints::reach(|| format!("{}.beat", self.function.name())).await;
                }
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(code = error.code().as_str(), %error, "a heartbeat of {} was missed", self.task);
                }
            }
        }
    }

    /// The first beat connects, so short attempts of compress and split never do.
    async fn beat(&self, connection: &mut Option<Heartbeat>) -> Result<bool, CatalogError> {
        let heartbeat = match connection {
            Some(heartbeat) => heartbeat,
            None => connection.insert(Heartbeat::connect(self.database.clone()).await?),
        };
        heartbeat.beat(&self.lease, &self.pages.places()).await
    }
}
