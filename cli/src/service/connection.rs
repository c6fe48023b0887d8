//! Clients of the database, S3 and the queues, and the runtime that waits for their answers.
//!
//! No client connects before its first call.

use super::error::ServiceError;
use aws::SdkConfig;
use catalog::Catalog;
use engine::cancellation::Cancellation;
use objects::Objects;
use pipeline::configuration::DatabaseAddress;
use queues::{DeadLetters, QueueUrls, Queues};
use std::pin::pin;
use std::time::Duration;
use tokio::runtime::Builder;

/// The time between two looks for a signal.
const TICK: Duration = Duration::from_millis(100);

/// The database, and the address that takes the place of AWS if its login is kept there.
#[derive(Debug, Clone)]
pub struct DatabaseAccess {
    pub address: DatabaseAddress,
    pub endpoint: Option<String>,
}

pub async fn catalog(access: &DatabaseAccess) -> Result<Catalog, ServiceError> {
    let DatabaseAccess { address, endpoint } = access;
    if address.database_secret_arn.is_none() && !address.database_iam {
        return Ok(Catalog::new(&address.settings())?);
    }
    let sdk = sdk(endpoint.clone()).await?;
    Ok(Catalog::on(pipeline::credentials::database(address, &sdk).await?))
}

/// A bucket that the command does not use may be empty.
pub async fn objects(
    endpoint: Option<String>,
    upload_bucket: String,
    result_bucket: String,
) -> Result<Objects, ServiceError> {
    Ok(Objects::new(&sdk(endpoint).await?, upload_bucket, result_bucket))
}

pub async fn queues(endpoint: Option<String>, urls: QueueUrls) -> Result<Queues, ServiceError> {
    Ok(Queues::new(&sdk(endpoint).await?, urls))
}

pub async fn dead_letters(
    endpoint: Option<String>,
    sources: QueueUrls,
    letters: QueueUrls,
) -> Result<DeadLetters, ServiceError> {
    Ok(DeadLetters::new(&sdk(endpoint).await?, sources, letters))
}

pub async fn sdk(endpoint: Option<String>) -> Result<SdkConfig, ServiceError> {
    let sdk = aws::sdk_config(endpoint).await;
    if sdk.region().is_none() {
        return Err(ServiceError::RegionMissing);
    }
    Ok(sdk)
}

/// Runs a command on this thread until it ends or a signal stops it ([`ServiceError::Stopped`]). After a signal, tasks in
/// the background have the `grace` to clean up, for example to abort an upload.
pub fn run<T>(
    cancellation: &Cancellation,
    grace: Duration,
    command: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| ServiceError::Runtime { cause })?;
    let outcome = runtime.block_on(unless_stopped(cancellation, command));
    if matches!(outcome, Err(ServiceError::Stopped)) {
        runtime.block_on(async { tokio::time::sleep(grace).await });
    }
    runtime.shutdown_background();
    outcome
}

async fn unless_stopped<T>(
    cancellation: &Cancellation,
    command: impl Future<Output = Result<T, ServiceError>>,
) -> Result<T, ServiceError> {
    let command = pin!(command);
    tokio::select! {
        outcome = command => outcome,
        () = stopped(cancellation) => Err(ServiceError::Stopped),
    }
}

async fn stopped(cancellation: &Cancellation) {
    while !cancellation.is_cancelled() {
        tokio::time::sleep(TICK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::runtime::Handle;

    /// Cleans up in the background when it is dropped, as an upload does.
    struct CleansUp(Arc<AtomicBool>);

    impl Drop for CleansUp {
        fn drop(&mut self) {
            let is_clean = Arc::clone(&self.0);
            Handle::current().spawn(async move { is_clean.store(true, Ordering::Release) });
        }
    }

    #[test]
    fn a_stopped_command_cleans_up() {
        let (cancellation, is_clean) = (Cancellation::new(), Arc::new(AtomicBool::new(false)));
        cancellation.cancel();
        let upload = CleansUp(Arc::clone(&is_clean));
        let outcome: Result<(), ServiceError> = run(&cancellation, Duration::from_millis(10), async move {
            let _upload = upload;
            std::future::pending().await
        });
        assert!(matches!(outcome, Err(ServiceError::Stopped)));
        assert!(is_clean.load(Ordering::Acquire));
    }

    #[test]
    fn a_finished_command_is_not_stopped() {
        let outcome = run(&Cancellation::new(), Duration::ZERO, async { Ok(7) });
        assert!(matches!(outcome, Ok(7)));
    }
}
