//! What operators do to one scan: `quire retry ID`, `skip`, `cancel`, `defer`, `describe`, `confirm`, `approve` and `migrate`.

use super::actor;
use super::arguments::{
    Acting, Action, Defer, DeferTime, Describe, Migrate, QueueArguments, RESULT_BUCKET, Rebuild, SendingAction, Skip,
};
use super::connection;
use super::error::ServiceError;
use super::report::{advice, state, timestamp, volume};
use super::settings::Settings;
use crate::terminal::{print, print_json, visible};
use catalog::{Catalog, CatalogError, Restart, ScanRow};
use domain::{ScanId, VolumeName, count};
use engine::cancellation::Cancellation;
use pipeline::actions::Operator;
use pipeline::error::StageError;
use pipeline::rebuild::Rebuilt;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

pub fn retry(
    scan: ScanId,
    acting: &Acting,
    queues: &QueueArguments,
    cancellation: &Cancellation,
) -> Result<(), ServiceError> {
    act_and_send(scan, acting, queues, cancellation, async |operator, scan| operator.retry(scan).await.map(drop))
}

pub fn skip(arguments: &Skip, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let Skip { scan, pages, undo, acting, queues } = arguments;
    act_and_send(*scan, acting, queues, cancellation, async |operator, scan| {
        let restart = match undo {
            false => operator.skip(scan, pages).await?,
            true => operator.unskip(scan, pages).await?,
        };
        eprintln!("{}", restarted(&restart));
        Ok(())
    })
}

fn restarted(restart: &Restart) -> String {
    let Restart { ranges, kept, .. } = restart;
    if ranges.is_empty() && *kept == 0 {
        return "The scan starts again from the beginning.".to_owned();
    }
    let (again, kept) = (count(ranges.len(), "page range"), count(*kept, "finished one"));
    format!("The volume is compressed again, {again} must be scanned again, and the results of {kept} are kept.")
}

pub fn confirm(arguments: &SendingAction, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let SendingAction { action, queues } = arguments;
    act_and_send(action.scan, &action.acting, queues, cancellation, async |operator, scan| operator.confirm(scan).await)
}

pub fn defer(arguments: &Defer, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let until = until(&arguments.time, OffsetDateTime::now_utc());
    let SendingAction { action, queues } = &arguments.sending;
    act_and_send(action.scan, &action.acting, queues, cancellation, async |operator, scan| {
        operator.defer(scan, until).await
    })
}

pub fn describe(arguments: &Describe, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let Describe { reporter, volume, first_page, sending } = arguments;
    let name = VolumeName::new(reporter, volume, Some(*first_page), None)?;
    let SendingAction { action, queues } = sending;
    act_and_send(action.scan, &action.acting, queues, cancellation, async |operator, scan| {
        operator.describe(scan, &name).await
    })
}

pub fn cancel(arguments: &Action, cancellation: &Cancellation) -> Result<(), ServiceError> {
    act(arguments, cancellation, async |catalog, scan| catalog.cancel(scan).await)
}

pub fn approve(arguments: &Action, cancellation: &Cancellation) -> Result<(), ServiceError> {
    act(arguments, cancellation, async |catalog, scan| catalog.approve(scan).await)
}

#[derive(Serialize)]
struct Migrated {
    /// The number of the newest migration.
    schema: i64,
}

pub fn migrate(arguments: &Migrate, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.database.service, cancellation)?;
    let database = settings.required_database(&arguments.database)?;
    let schema = connection::run(cancellation, Duration::ZERO, async {
        Ok(connection::catalog(&database).await?.migrate().await?)
    })?;
    if arguments.json {
        return Ok(print_json(&Migrated { schema })?);
    }
    Ok(print("The tables of the database are up to date.")?)
}

/// The exit status is that of a failure if a record could not be read.
pub fn rebuild(arguments: &Rebuild, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let Rebuild { acting, results } = arguments;
    let Acting { json, database, .. } = acting;
    let actor = actor::of(acting);
    let settings = Settings::new(&database.service, cancellation)?;
    let bucket = settings.required(results.result_bucket.as_deref(), RESULT_BUCKET)?;
    let (database, endpoint) = (settings.required_database(database)?, settings.endpoint());
    let told = |key: &str| {
        if !json {
            eprintln!("restored {}", visible(key))
        }
    };
    let rebuilt = connection::run(cancellation, Duration::ZERO, async {
        let objects = connection::objects(endpoint, String::new(), bucket).await?;
        let catalog = connection::catalog(&database).await?.acting_as(&actor);
        pipeline::rebuild::rebuild(&catalog, &objects, told).await.map_err(ServiceError::Action)
    })?;
    if *json {
        print_json(&rebuilt)?;
    } else {
        let Rebuilt { restored, known, unreadable } = &rebuilt;
        unreadable.iter().for_each(|record| eprintln!("cannot read {}", visible(record)));
        print(&format!("{restored} scans were restored, and {known} had a row already."))?;
    }
    Ok(u8::from(!rebuilt.unreadable.is_empty()))
}

/// An action that changes a row and sends the messages that follow.
fn act_and_send(
    scan: ScanId,
    acting: &Acting,
    queues: &QueueArguments,
    cancellation: &Cancellation,
    action: impl AsyncFnOnce(Operator<'_>, ScanId) -> Result<(), StageError>,
) -> Result<(), ServiceError> {
    let Acting { json, database, .. } = acting;
    let actor = actor::of(acting);
    let settings = Settings::new(&database.service, cancellation)?;
    let database = settings.required_database(database)?;
    let urls = settings.queue_urls(queues)?;
    let endpoint = settings.endpoint();
    let row = connection::run(cancellation, Duration::ZERO, async {
        let queues = connection::queues(endpoint, urls).await?;
        let catalog = connection::catalog(&database).await?.acting_as(&actor);
        let outcome = action(Operator { catalog: &catalog, queues: &queues }, scan).await;
        outcome.map_err(|error| ServiceError::of_action(scan, error))?;
        row(&catalog, scan).await
    })?;
    report(&row, *json)
}

/// An action that only changes a row.
fn act(
    arguments: &Action,
    cancellation: &Cancellation,
    action: impl AsyncFnOnce(&Catalog, ScanId) -> Result<(), CatalogError>,
) -> Result<(), ServiceError> {
    let Action { scan, acting } = arguments;
    let Acting { json, database, .. } = acting;
    let actor = actor::of(acting);
    let database = Settings::new(&database.service, cancellation)?.required_database(database)?;
    let row = connection::run(cancellation, Duration::ZERO, async {
        let catalog = connection::catalog(&database).await?.acting_as(&actor);
        action(&catalog, *scan).await?;
        row(&catalog, *scan).await
    })?;
    report(&row, *json)
}

async fn row(catalog: &Catalog, scan: ScanId) -> Result<ScanRow, ServiceError> {
    Ok(catalog.require_scan(scan).await?.scan)
}

/// Exactly one of the two times is given.
fn until(time: &DeferTime, now: OffsetDateTime) -> OffsetDateTime {
    time.until.unwrap_or_else(|| now.saturating_add(time.length.unwrap_or_default().try_into().unwrap_or_default()))
}

fn report(row: &ScanRow, as_json: bool) -> Result<(), ServiceError> {
    if as_json {
        print_json(row)?;
    } else {
        print(&line(row, OffsetDateTime::now_utc()))?;
    }
    Ok(())
}

fn line(row: &ScanRow, now: OffsetDateTime) -> String {
    let scan = &row.summary;
    let until = scan.not_before.filter(|until| *until > now).filter(|_| !scan.status.is_ended());
    let deferred = until.map(|until| format!(", deferred until {}", timestamp(until))).unwrap_or_default();
    let advice = advice(scan).map(|advice| format!("\n  {advice}")).unwrap_or_default();
    format!("scan {}: {}, {}{deferred}{advice}", scan.id, volume(scan), state(scan))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::{NOW, detail};
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
    fn what_is_done_again_is_reported() {
        let told = |ranges: &[i32], kept| restarted(&Restart { ranges: ranges.to_vec(), kept, ready: Vec::new() });
        assert_eq!(told(&[], 0), "The scan starts again from the beginning.");
        let expected = "The volume is compressed again, 1 page range must be scanned again, and the results of 3 finished ones are kept.";
        assert_eq!(told(&[2], 3), expected);
    }

    #[test]
    fn the_new_state_of_the_scan_is_reported() {
        let mut row = detail(12, Status::Uploaded).scan;
        row.summary.not_before = Some(datetime!(2026-12-24 5:00 UTC));
        let expected = "scan 12: a3d 217 p. 101, UPLOADED, deferred until 2026-12-24 05:00:00 UTC";
        assert_eq!(line(&row, NOW), expected);
        row.summary.status = Status::Cancelled;
        assert!(line(&row, NOW).ends_with("CANCELLED\n  Retry the scan to continue. Command: quire retry 12"));
    }
}
