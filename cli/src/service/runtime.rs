//! The runtime of the commands that talk to the service: one thread, started for them alone.

use super::ServiceError;
use engine::cancellation::Cancellation;
use std::pin::pin;
use std::time::Duration;
use tokio::runtime::Builder;

/// How often a signal is looked for.
const TICK: Duration = Duration::from_millis(100);

/// Runs a command until it ends, or until somebody stops it; then what it had under way is given up in the background,
/// such as an upload's parts, and has this grace for it.
///
/// # Errors
/// As the command itself; [`ServiceError::Stopped`] after a signal.
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

    /// Gives something up in the background, as an upload does with its parts.
    struct GivesUp(Arc<AtomicBool>);

    impl Drop for GivesUp {
        fn drop(&mut self) {
            let given_up = Arc::clone(&self.0);
            Handle::current().spawn(async move { given_up.store(true, Ordering::Release) });
        }
    }

    #[test]
    fn what_is_stopped_is_given_up() {
        let (cancellation, given_up) = (Cancellation::new(), Arc::new(AtomicBool::new(false)));
        cancellation.cancel();
        let under_way = GivesUp(Arc::clone(&given_up));
        let outcome: Result<(), ServiceError> = run(&cancellation, Duration::from_millis(10), async move {
            let _under_way = under_way;
            std::future::pending().await
        });
        assert!(matches!(outcome, Err(ServiceError::Stopped)));
        assert!(given_up.load(Ordering::Acquire));
    }

    #[test]
    fn what_ends_by_itself_is_not_stopped() {
        let outcome = run(&Cancellation::new(), Duration::ZERO, async { Ok(7) });
        assert!(matches!(outcome, Ok(7)));
    }
}
