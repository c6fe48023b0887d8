//! What operators do: `quire retry`, `cancel`, `defer`, `describe`, `confirm`, `approve`.

use crate::arguments::{Defer, DeferTime, Describe, Quiet, Sending};
use crate::report::{advice, state, volume};
use crate::service::{self, ServiceError, Settings};
use crate::terminal::{print, print_json, timestamp};
use catalog::{Catalog, CatalogError, ScanRow};
use domain::VolumeName;
use engine::cancellation::Cancellation;
use pipeline::actions::Operator;
use pipeline::error::StageError;
use queues::Queues;
use std::time::Duration;
use time::OffsetDateTime;

/// An action that needs nothing but the scan.
#[derive(Debug)]
pub enum Action {
    /// Send it on its way again.
    Retry,
    /// Stop it.
    Cancel,
    /// Put it off.
    Defer(OffsetDateTime),
    /// Say which volume it is.
    Describe(VolumeName),
    /// Let it replace the approved one.
    Confirm,
    /// Approve it.
    Approve,
}

/// Does what may send messages.
///
/// # Errors
/// When the scan does not exist, its status does not allow it, or the database or a queue does not answer.
pub fn send(action: Action, arguments: &Sending, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let settings = Settings::new(&arguments.common.database.file)?;
    let database = settings.required_database(&arguments.common.database)?;
    let urls = settings.queue_urls(&arguments.queues)?;
    let endpoint = settings.endpoint(&arguments.queues.aws);
    let row = service::run(cancellation, Duration::ZERO, async {
        let queues = service::queues(endpoint, urls).await?;
        act(action, &arguments.common, &service::catalog(&database)?, &queues).await
    })?;
    tell(&arguments.common, &row)
}

/// Does what sends no message.
///
/// # Errors
/// As [`send`], but for the queues.
pub fn act_quietly(action: Action, arguments: &Quiet, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let database = Settings::new(&arguments.database.file)?.required_database(&arguments.database)?;
    let row = service::run(cancellation, Duration::ZERO, async {
        act(action, arguments, &service::catalog(&database)?, &service::offline_queues()).await
    })?;
    tell(arguments, &row)
}

/// Puts a scan off.
///
/// # Errors
/// As [`send`].
pub fn defer(arguments: &Defer, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let until = until(&arguments.time, OffsetDateTime::now_utc());
    send(Action::Defer(until), &arguments.action, cancellation)
}

/// Says which volume a scan is.
///
/// # Errors
/// As [`send`]; a name that could not be a directory's is refused.
pub fn describe(arguments: &Describe, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let Describe { reporter, volume, first_page, action } = arguments;
    let name = VolumeName::new(reporter, volume, Some(*first_page), None)?;
    send(Action::Describe(name), action, cancellation)
}

/// One of the two is given.
fn until(time: &DeferTime, now: OffsetDateTime) -> OffsetDateTime {
    time.until.unwrap_or_else(|| now.saturating_add(time.length.unwrap_or_default().try_into().unwrap_or_default()))
}

async fn act(action: Action, arguments: &Quiet, catalog: &Catalog, queues: &Queues) -> Result<ScanRow, ServiceError> {
    let scan = arguments.scan;
    let done = perform(action, arguments, Operator { catalog, queues }).await;
    done.map_err(|error| ServiceError::of_action(scan, error))?;
    Ok(catalog.scan(scan).await?.ok_or(CatalogError::Unknown(scan))?.scan)
}

async fn perform(action: Action, arguments: &Quiet, operator: Operator<'_>) -> Result<(), StageError> {
    let scan = arguments.scan;
    match action {
        Action::Retry => operator.retry(scan).await,
        Action::Cancel => operator.cancel(scan).await,
        Action::Defer(until) => operator.defer(scan, until).await,
        Action::Describe(name) => operator.describe(scan, &name).await,
        Action::Confirm => operator.confirm(scan).await,
        Action::Approve => operator.approve(scan).await,
    }
}

fn tell(arguments: &Quiet, row: &ScanRow) -> Result<u8, ServiceError> {
    if arguments.json {
        print_json(row)?;
    } else {
        print(&sentence(row, OffsetDateTime::now_utc()))?;
    }
    Ok(0)
}

fn sentence(row: &ScanRow, now: OffsetDateTime) -> String {
    let scan = &row.summary;
    let until = scan.not_before.filter(|until| *until > now).filter(|_| !scan.status.is_ended());
    let deferred = until.map(|until| format!(", not before {}", timestamp(until))).unwrap_or_default();
    let advice = advice(scan).map(|advice| format!("\n  {advice}")).unwrap_or_default();
    format!("scan {}: {}, {}{deferred}{advice}", scan.id, volume(scan), state(scan))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{NOW, detail};
    use domain::Status;
    use time::macros::datetime;

    #[test]
    fn a_length_of_time_counts_from_now() {
        let time = DeferTime { until: None, length: Some(Duration::from_secs(7_200)) };
        assert_eq!(until(&time, NOW), datetime!(2026-11-20 12:00 UTC));
        let time = DeferTime { until: Some(datetime!(2026-12-24 5:00 UTC)), length: None };
        assert_eq!(until(&time, NOW), datetime!(2026-12-24 5:00 UTC));
    }

    #[test]
    fn the_scan_is_told_as_it_is_afterwards() {
        let mut row = detail(12, Status::Uploaded).scan;
        row.summary.not_before = Some(datetime!(2026-12-24 5:00 UTC));
        let expected = "scan 12: a3d 217 p. 101, UPLOADED, not before 2026-12-24 05:00:00 UTC";
        assert_eq!(sentence(&row, NOW), expected);
        row.summary.status = Status::Cancelled;
        assert!(sentence(&row, NOW).ends_with("CANCELLED\n  to take it up again: quire retry 12"));
    }
}
