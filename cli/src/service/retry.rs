//! `quire retry`: one scan, or all that failed in one way.

use super::actor;
use super::arguments::Retry;
use super::connection;
use super::consent;
use super::cost::{DAYS, money};
use super::error::ServiceError;
use super::operate;
use super::settings::Settings;
use crate::terminal::{print, print_json};
use catalog::{CatalogError, FailedScans};
use domain::{ScanId, count};
use engine::cancellation::Cancellation;
use pipeline::actions::Operator;
use pipeline::cost;
use pipeline::error::StageError;
use serde::Serialize;
use std::time::Duration;

#[derive(Debug, Default, Serialize)]
struct Retried {
    retried: Vec<ScanId>,
    /// Scans that somebody changed in the meantime.
    refused: Vec<ScanId>,
    estimated_seconds: Option<f64>,
    /// At the list prices of [`domain::prices`].
    estimated_dollars: Option<f64>,
}

pub fn run(arguments: &Retry, cancellation: &Cancellation) -> Result<(), ServiceError> {
    match arguments.scan {
        Some(scan) => operate::retry(scan, &arguments.acting, &arguments.queues, cancellation),
        None => retry_all(arguments, cancellation),
    }
}

fn retry_all(arguments: &Retry, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.acting.database.service, cancellation)?;
    let database = settings.required_database(&arguments.acting.database)?;
    let urls = settings.queue_urls(&arguments.queues)?;
    let endpoint = settings.endpoint();
    let actor = actor::of(&arguments.acting);
    let (failed, per_second) = connection::run(cancellation, Duration::ZERO, async {
        let catalog = connection::catalog(&database).await?;
        let failed = catalog.failed_scans(arguments.code.as_deref(), arguments.stage).await?;
        Ok((failed, cost::per_second(&catalog.usage(None, DAYS).await?)))
    })?;
    let dollars = failed.seconds.zip(per_second).map(|(seconds, price)| seconds * price);
    eprintln!("{}", announcement(&failed, dollars));
    if !failed.scans.is_empty() && !arguments.yes {
        consent::ask("Nothing was retried.")?;
    }
    let mut retried = Retried { estimated_seconds: failed.seconds, estimated_dollars: dollars, ..Retried::default() };
    connection::run(cancellation, Duration::ZERO, async {
        let catalog = connection::catalog(&database).await?.acting_as(&actor);
        let queues = connection::queues(endpoint, urls).await?;
        for &scan in &failed.scans {
            match (Operator { catalog: &catalog, queues: &queues }).retry(scan).await {
                Ok(_) => retried.retried.push(scan),
                Err(StageError::Catalog(CatalogError::Refused { .. })) => retried.refused.push(scan),
                Err(error) => return Err(ServiceError::of_action(scan, error)),
            }
        }
        Ok(())
    })?;
    report(&retried, arguments.acting.json)
}

fn report(retried: &Retried, as_json: bool) -> Result<(), ServiceError> {
    if as_json {
        return Ok(print_json(retried)?);
    }
    let refused = match retried.refused.len() {
        0 => String::new(),
        refused => {
            format!(
                " {} changed in the meantime and {} not.",
                count(refused, "scan"),
                if refused == 1 { "was" } else { "were" }
            )
        }
    };
    Ok(print(&format!("{} retried.{refused}", count(retried.retried.len(), "scan")))?)
}

fn announcement(failed: &FailedScans, dollars: Option<f64>) -> String {
    let time = match failed.seconds {
        _ if failed.scans.is_empty() => return "No scan failed in this way.".to_owned(),
        None => "How long this takes is unknown: no earlier attempt has finished.".to_owned(),
        Some(seconds) => {
            let price = dollars.map(|dollars| format!(" and {}", money(dollars))).unwrap_or_default();
            format!(
                "This needs about {:.0} minutes of working time{price}; functions that run at once share the time.",
                (seconds / 60.0).ceil()
            )
        }
    };
    format!("{} will be retried. {time}", count(failed.scans.len(), "scan"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_and_the_time_are_announced() {
        let failed = |scans: &[ScanId], seconds| {
            announcement(&FailedScans { scans: scans.to_vec(), seconds }, seconds.map(|_| 0.04))
        };
        assert_eq!(failed(&[], None), "No scan failed in this way.");
        let expected = "1 scan will be retried. How long this takes is unknown: no earlier attempt has finished.";
        assert_eq!(failed(&[7], None), expected);
        let expected = "2 scans will be retried. This needs about 3 minutes of working time and $0.04; functions that run at once share the time.";
        assert_eq!(failed(&[7, 9], Some(121.0)), expected);
    }
}
