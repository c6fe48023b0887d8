//! The heartbeat: a thread and a connection of its own, because the worker's thread has other things to do for minutes.

use super::deadline::Deadline;
use crate::failpoints::{self, Harm};
use crate::writes::Function;
use catalog::{CatalogError, DatabaseSettings, Heartbeat, Lease};
use engine::cancellation::Cancellation;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Why a worker was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The time is up.
    Deadline,
    /// The lease is not ours any more.
    LeaseLost,
}

/// What the thread needs.
#[derive(Debug)]
pub struct Vigil {
    /// Whose attempt it is.
    pub function: Function,
    /// The upload's key.
    pub subject: String,
    /// The lease to renew.
    pub lease: Lease,
    /// Where.
    pub database: DatabaseSettings,
    /// How often.
    pub interval: Duration,
    /// Until when.
    pub deadline: Deadline,
}

/// Renews a lease until it is told to end, and raises the flag when the worker must stop.
#[derive(Debug)]
pub struct Keeper {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Option<StopReason>>>,
}

impl Keeper {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(vigil: Vigil, cancellation: Cancellation) -> std::io::Result<Self> {
        let (end, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let span = tracing::Span::current();
        let thread = std::thread::Builder::new().name("heartbeat".to_owned()).spawn(move || {
            let _entered = span.entered();
            runtime.block_on(watch(&vigil, &cancellation, ended))
        })?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }

    /// Ends the thread and says whether it had told the worker to stop.
    #[must_use]
    pub fn end(mut self) -> Option<StopReason> {
        self.join()
    }

    fn join(&mut self) -> Option<StopReason> {
        drop(self.end.take());
        self.thread.take().and_then(|thread| thread.join().ok()).flatten()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // A thread that outlives its invocation would be frozen with it, holding a connection.
        self.join();
    }
}

async fn watch(vigil: &Vigil, cancellation: &Cancellation, ended: oneshot::Receiver<()>) -> Option<StopReason> {
    let reason = tokio::select! {
        // Ending comes first, so that a worker that is done is not called late.
        biased;
        _ = ended => return None,
        () = renew_until_lost(vigil) => StopReason::LeaseLost,
        () = tokio::time::sleep_until(vigil.deadline.instant().into()) => StopReason::Deadline,
    };
    cancellation.cancel();
    Some(reason)
}

/// Returns when the lease is somebody else's. A database that does not answer is no such sign: every write of the worker
/// is fenced anyway.
async fn renew_until_lost(vigil: &Vigil) {
    let mut connection = None;
    let point = format!("{}.heartbeat", vigil.function.name());
    loop {
        tokio::time::sleep(vigil.interval).await;
        if failpoints::reach(&point, &vigil.subject).await == Harm::Skip {
            // A heartbeat that stopped stays stopped.
            return std::future::pending().await;
        }
        match beat(&mut connection, vigil).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(code = error.code().as_str(), %error, "a heartbeat was missed"),
        }
    }
}

/// One beat; short attempts never connect at all.
async fn beat(connection: &mut Option<Heartbeat>, vigil: &Vigil) -> Result<bool, CatalogError> {
    let heartbeat = match connection {
        Some(heartbeat) => heartbeat,
        None => connection.insert(Heartbeat::connect(&vigil.database).await?),
    };
    heartbeat.beat(&vigil.lease).await
}
