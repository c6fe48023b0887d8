use crate::context::Context;
use crate::deadline::Deadline;
use crate::error::StageError;
use crate::pages_at_work::PagesAtWork;
use catalog::{ClaimedRange, ClaimedScan, Lease};
use domain::{Task, WorkKey};
use engine::cancellation::Cancellation;
use objects::ObjectError;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often a transfer looks whether it must stop.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// One attempt at a task, from the claim to its publication or failure.
#[derive(Debug)]
pub struct Attempt<'a> {
    pub context: &'a Context,
    pub task: Task,
    pub lease: Lease,
    pub deadline: Deadline,
    /// Raised when the lease is lost or the time is up.
    pub cancellation: Cancellation,
    pub pages: Arc<PagesAtWork>,
}

/// What every claim has.
pub trait Claimed {
    fn lease(&self) -> Lease;
    /// The key of the upload.
    fn key(&self) -> &str;
}

impl Claimed for ClaimedScan {
    fn lease(&self) -> Lease {
        self.lease
    }

    fn key(&self) -> &str {
        &self.key
    }
}

impl Claimed for ClaimedRange {
    fn lease(&self) -> Lease {
        self.lease
    }

    fn key(&self) -> &str {
        &self.key
    }
}

impl<'a> Attempt<'a> {
    pub fn new(context: &'a Context, task: Task, lease: Lease, deadline: Deadline) -> Self {
        let (cancellation, pages) = (Cancellation::new(), Arc::default());
        Self { context, task, lease, deadline, cancellation, pages }
    }

    /// Runs the engine on a thread of its own, so that time-outs and answers continue here.
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

    /// Fetches a file that an earlier stage uploaded.
    ///
    /// # Errors
    /// [`StageError::IntermediateMissing`], and when S3 does not answer.
    pub async fn fetch(&self, key: &str, to: &Path) -> Result<(), StageError> {
        let key: WorkKey = key.parse()?;
        let missing = StageError::IntermediateMissing { key: key.to_string() };
        self.download(self.context.objects.download(&key, to), missing).await
    }

    /// Waits for a download, and answers `missing` if there is no such object.
    ///
    /// # Errors
    /// As [`Attempt::unless_stopped`].
    pub async fn download(
        &self,
        download: impl Future<Output = Result<u64, ObjectError>>,
        missing: StageError,
    ) -> Result<(), StageError> {
        let download = async {
            match download.await {
                Ok(_) => Ok(()),
                Err(error) if error.is_missing() => Err(missing),
                Err(error) => Err(error.into()),
            }
        };
        self.unless_stopped(download).await
    }

    /// Ends a transfer when the lease is lost or the time is up, so that Lambda does not kill the function in the middle
    /// of it.
    ///
    /// # Errors
    /// The transfer's own, and [`StageError::Deadline`]. The runner knows if it was the lease.
    pub async fn unless_stopped<T>(
        &self,
        transfer: impl Future<Output = Result<T, StageError>>,
    ) -> Result<T, StageError> {
        tokio::select! {
            transferred = transfer => transferred,
            () = self.stopped() => Err(StageError::Deadline),
        }
    }

    async fn stopped(&self) {
        while !self.cancellation.is_cancelled() {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}
