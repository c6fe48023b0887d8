//! Writes that an attempt's whole work hangs on are tried again while the database is away.

use super::deadline::Deadline;
use backon::{ExponentialBuilder, Retryable};
use catalog::CatalogError;
use std::time::Duration;

/// A database that fails over is back within a minute (AWS, "Failing over a Multi-AZ DB cluster": typically under 35 s).
const LONGEST: Duration = Duration::from_secs(90);

/// Tries a write until it is answered, the error is another one than silence, or time is short. A write whose answer got
/// lost finds its lease gone the second time and says so; `reconcile` then sends what should have been sent.
pub async fn persist<T, W, F>(deadline: Deadline, write: W) -> Result<T, CatalogError>
where
    W: FnMut() -> F,
    F: Future<Output = Result<T, CatalogError>>,
{
    let pauses = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(Duration::from_secs(5))
        .with_total_delay(Some(LONGEST.min(deadline.remaining() + Duration::from_secs(5))))
        .without_max_times();
    write
        .retry(pauses)
        .when(CatalogError::is_temporary)
        .notify(
            |error, pause| tracing::warn!(code = error.code().as_str(), %error, ?pause, "the database does not answer"),
        )
        .await
}
