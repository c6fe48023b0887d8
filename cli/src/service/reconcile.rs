//! `quire reconcile`: one pass of the reconciler, now, or what it would do.

use super::actor;
use super::arguments::{EVENT_BUS, Reconcile};
use super::connection;
use super::error::ServiceError;
use super::report::{Table, age};
use super::settings::Settings;
use crate::terminal::{print, print_json};
use catalog::{RescueOutcome, Rescued};
use domain::{ScanId, Stage, Task};
use engine::cancellation::Cancellation;
use pipeline::configuration::{Configuration, DatabaseAddress};
use pipeline::context::Context;
use pipeline::function::Function;
use pipeline::reconcile::{Pass, by_hand, rehearse};
use queues::QueueUrls;
use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
struct Report<'a> {
    is_dry_run: bool,
    rescued: Vec<RescuedRow>,
    /// The messages that are sent again.
    resent: &'a [Task],
    /// Ends of scans on the event bus.
    published: usize,
}

/// A row whose worker was lost.
#[derive(Serialize)]
struct RescuedRow {
    scan: ScanId,
    stage: Stage,
    generation: Option<i32>,
    range: Option<i32>,
    /// Time since the last heartbeat.
    idle_seconds: f64,
    /// Whether it lost too many workers and is FAILED now.
    is_failed: bool,
}

pub fn run(arguments: &Reconcile, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.acting.database.service, cancellation)?;
    let database = settings.required_database(&arguments.acting.database)?;
    let configuration = configuration(arguments, &settings, &database.address)?;
    let pass = if arguments.dry_run {
        connection::run(cancellation, Duration::ZERO, async {
            let catalog = connection::catalog(&database).await?;
            catalog.require_schema().await?;
            Ok(rehearse(&catalog, &configuration.recovery).await?)
        })?
    } else {
        let (actor, endpoint) = (actor::of(&arguments.acting), settings.endpoint());
        connection::run(cancellation, Duration::ZERO, async {
            let mut context =
                Context::new(Function::Reconcile, configuration, &connection::sdk(endpoint).await?).await?;
            context.catalog = context.catalog.acting_as(&actor);
            context.measures = false;
            context.require_schema().await?;
            Ok(by_hand(&context).await?)
        })?
    };
    if arguments.acting.json {
        return Ok(print_json(&object(&pass, arguments.dry_run))?);
    }
    Ok(print(&text(&pass, arguments.dry_run))?)
}

/// The configuration of the function, from the settings of the command. A dry run sends nothing, so it needs no queue.
fn configuration(
    arguments: &Reconcile,
    settings: &Settings,
    address: &DatabaseAddress,
) -> Result<Configuration, ServiceError> {
    let rules = settings.rules(&arguments.rules)?;
    let resend_after = settings.number(arguments.resend_after_seconds, "QUIRE_RESEND_AFTER_SECONDS", 600)?;
    let (queues, bus) = if arguments.dry_run {
        (QueueUrls::default(), String::new())
    } else {
        let bus = settings.required(arguments.event_bus.as_deref(), EVENT_BUS)?;
        (settings.queue_urls(&arguments.queues)?, bus)
    };
    let numbers =
        [rules.stale_after.as_secs(), rules.revival_grace.as_secs(), resend_after].map(|number| number.to_string());
    let (interruptions, iam) = (rules.maximum_interruptions.to_string(), address.database_iam.to_string());
    let mut given = vec![
        ("DATABASE_URL", address.database_url.as_str()),
        ("QUIRE_DATABASE_IAM", &iam),
        // A pass reads and writes no object and no upload's message.
        ("QUIRE_UPLOAD_BUCKET", ""),
        ("QUIRE_RESULT_BUCKET", ""),
        ("QUIRE_UPLOADS_QUEUE_URL", ""),
        ("QUIRE_COMPRESS_QUEUE_URL", &queues.compress),
        ("QUIRE_COMPRESS_BULK_QUEUE_URL", &queues.compress_bulk),
        ("QUIRE_SCAN_QUEUE_URL", &queues.scan),
        ("QUIRE_SCAN_LARGE_QUEUE_URL", &queues.scan_large),
        ("QUIRE_SPLIT_QUEUE_URL", &queues.split),
        ("QUIRE_EVENT_BUS", &bus),
        ("QUIRE_STALE_AFTER_SECONDS", &numbers[0]),
        ("QUIRE_REVIVAL_GRACE_SECONDS", &numbers[1]),
        ("QUIRE_RESEND_AFTER_SECONDS", &numbers[2]),
        ("QUIRE_MAXIMUM_INTERRUPTIONS", &interruptions),
    ];
    given.extend(address.database_secret_arn.as_deref().map(|arn| ("QUIRE_DATABASE_SECRET_ARN", arn)));
    Configuration::of(&given).map_err(|error| ServiceError::Arguments { reason: error.to_string() })
}

fn object(pass: &Pass, is_dry_run: bool) -> Report<'_> {
    let rescued = pass.rescued.iter().map(|rescued| {
        let (generation, range) = rescued.range.unzip();
        RescuedRow {
            scan: rescued.scan,
            stage: rescued.stage,
            generation,
            range,
            idle_seconds: rescued.idle.as_secs_f64(),
            is_failed: rescued.outcome == RescueOutcome::Interrupted,
        }
    });
    Report { is_dry_run, rescued: rescued.collect(), resent: &pass.resent, published: pass.published }
}

fn text(pass: &Pass, is_dry_run: bool) -> String {
    let mut rows: Vec<(ScanId, String, String)> = pass.rescued.iter().map(rescued_row).collect();
    rows.extend(pass.resent.iter().map(|task| {
        let what = "its message counts as lost and is sent again".to_owned();
        (task.scan(), work(task.stage(), range_of(task)), what)
    }));
    rows.sort();
    let mut lines = Vec::new();
    if is_dry_run {
        lines.push("This is what a pass would do. Nothing was changed.".to_owned());
    }
    if !rows.is_empty() {
        let mut table = Table::new("", &["SCAN", "WORK", "WHAT HAPPENS"]);
        rows.into_iter().for_each(|(scan, work, what)| table.row(vec![scan.to_string(), work, what]));
        lines.push(table.render());
    }
    match pass.published {
        0 => {}
        1 => lines.push("The end of 1 scan is published on the event bus.".to_owned()),
        count => lines.push(format!("The ends of {count} scans are published on the event bus.")),
    }
    if pass.rescued.is_empty() && pass.resent.is_empty() && pass.published == 0 {
        lines.push("There is nothing to repair.".to_owned());
    }
    lines.join("\n")
}

fn rescued_row(rescued: &Rescued) -> (ScanId, String, String) {
    let idle = age(rescued.idle.try_into().unwrap_or_default());
    let what = match rescued.outcome {
        RescueOutcome::Resent(_) => format!("no heartbeat for {idle}: it waits again"),
        RescueOutcome::Interrupted => format!("no heartbeat for {idle}: it lost too many workers and is FAILED"),
    };
    (rescued.scan, work(rescued.stage, rescued.range.map(|(_, number)| number)), what)
}

const fn range_of(task: &Task) -> Option<i32> {
    match task {
        Task::Scan { range, .. } => Some(*range),
        Task::Compress { .. } | Task::Split { .. } => None,
    }
}

fn work(stage: Stage, range: Option<i32>) -> String {
    range.map_or_else(|| stage.to_string(), |range| format!("range {range}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_told_scan_by_scan() {
        let rescued =
            |scan, range, outcome| Rescued { scan, range, stage: Stage::Scan, outcome, idle: Duration::from_secs(95) };
        let task = Task::Scan { scan: 9, generation: 1, range: 3, is_large: false };
        let pass = Pass {
            rescued: vec![
                rescued(9, Some((1, 3)), RescueOutcome::Resent(task)),
                rescued(4, Some((2, 0)), RescueOutcome::Interrupted),
            ],
            resent: vec![Task::Compress { scan: 7, is_bulk: false }],
            published: 2,
        };
        insta::assert_snapshot!(text(&pass, true), @r"
        This is what a pass would do. Nothing was changed.
        SCAN  WORK      WHAT HAPPENS
        4     range 0   no heartbeat for 1m 35s: it lost too many workers and is FAILED
        7     compress  its message counts as lost and is sent again
        9     range 3   no heartbeat for 1m 35s: it waits again
        The ends of 2 scans are published on the event bus.
        ");
        assert_eq!(text(&Pass::default(), false), "There is nothing to repair.");
    }
}
