//! `quire doctor`: checks of a service, each with what to do if it fails.

use super::arguments::{DOCTOR_FOUND_FAULTS, Doctor, RESULT_BUCKET, UPLOAD_BUCKET};
use super::connection::{self, DatabaseAccess};
use super::error::ServiceError;
use super::settings::Settings;
use crate::terminal::{print, print_json, visible};
use catalog::Catalog;
use domain::FailureCode;
use engine::cancellation::Cancellation;
use queues::{DeadLetters, Queue, QueueState, QueueUrls};
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

/// Leases and redrives are judged by the clock of the database and by SQS's clock. Both should be right within this.
const CLOCK_TOLERANCE: time::Duration = time::Duration::seconds(5);

/// The name of the check of the bucket with the results.
const RESULTS: &str = "result bucket";

#[derive(Debug, Serialize)]
struct Report {
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: String,
    is_ok: bool,
    /// What was found.
    message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Check {
    fn ok(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), is_ok: true, message: message.into(), advice: None }
    }

    fn wrong(name: impl Into<String>, message: impl Into<String>, advice: &str) -> Self {
        Self { name: name.into(), is_ok: false, message: message.into(), advice: Some(advice.to_owned()) }
    }

    fn failed(name: impl Into<String>, error: &impl std::fmt::Display, code: FailureCode) -> Self {
        Self::wrong(name, error.to_string(), code.advice())
    }
}

pub fn run(arguments: &Doctor, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let settings = Settings::new(&arguments.database.service, cancellation)?;
    let endpoint = settings.endpoint();
    let database = settings.required_database(&arguments.database);
    let urls = settings.letter_queue_urls(&arguments.queues);
    let buckets = [
        ("upload bucket", settings.required(arguments.upload_bucket.as_deref(), UPLOAD_BUCKET)),
        (RESULTS, settings.required(arguments.results.result_bucket.as_deref(), RESULT_BUCKET)),
    ];
    let checks = connection::run(cancellation, Duration::ZERO, async {
        let mut checks = check_database(database).await;
        for (name, bucket) in buckets {
            checks.push(check_bucket(name, bucket, endpoint.clone()).await);
        }
        checks.extend(check_queues(urls, endpoint).await);
        Ok(checks)
    })?;
    let is_well = checks.iter().all(|check| check.is_ok);
    if arguments.json {
        print_json(&Report { checks })?;
    } else {
        let lines: Vec<String> = checks.iter().map(line).collect();
        print(&lines.join("\n"))?;
    }
    Ok(if is_well { 0 } else { DOCTOR_FOUND_FAULTS })
}

fn line(check: &Check) -> String {
    let verdict = if check.is_ok { "ok" } else { "WRONG" };
    let advice = check.advice.as_deref().map(|advice| format!(" {}", visible(advice))).unwrap_or_default();
    format!("{verdict:<6} {:<18} {}{advice}", check.name, visible(&check.message))
}

async fn check_database(database: Result<DatabaseAccess, ServiceError>) -> Vec<Check> {
    let catalog = match database {
        Ok(database) => connection::catalog(&database).await,
        Err(error) => Err(error),
    };
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => return vec![Check::failed("database", &error, error.code())],
    };
    let asked = OffsetDateTime::now_utc();
    match catalog.clock().await {
        Err(error) => vec![Check::failed("database", &error, error.code())],
        Ok(theirs) => {
            let (answered, reachable) = (OffsetDateTime::now_utc(), Check::ok("database", "reachable"));
            vec![reachable, check_clock(asked, theirs, answered), check_schema(&catalog).await]
        }
    }
}

/// The database's clock was read somewhere between the question and the answer.
fn check_clock(asked: OffsetDateTime, theirs: OffsetDateTime, answered: OffsetDateTime) -> Check {
    let difference = if theirs < asked { asked - theirs } else { theirs - answered };
    let message = format!("{:.1} s from the database's", difference.as_seconds_f64().max(0.0));
    if difference > CLOCK_TOLERANCE {
        return Check::wrong(
            "clock",
            format!("{message}."),
            "Synchronise the clocks of this machine and of the database.",
        );
    }
    Check::ok("clock", message)
}

async fn check_schema(catalog: &Catalog) -> Check {
    match catalog.require_schema().await {
        Ok(()) => Check::ok("schema", "new enough for this command"),
        Err(error) => Check::failed("schema", &error, error.code()),
    }
}

async fn check_bucket(name: &str, bucket: Result<String, ServiceError>, endpoint: Option<String>) -> Check {
    let found = async {
        let bucket = bucket?;
        let objects = connection::objects(endpoint, bucket.clone(), String::new()).await?;
        Ok::<_, ServiceError>((objects.is_versioned(&bucket).await?, bucket))
    };
    match found.await {
        Err(error) => Check::failed(name, &error, error.code()),
        Ok((true, bucket)) => Check::ok(name, format!("{bucket}, versioned")),
        // Only a scan's identity depends on versions.
        Ok((false, bucket)) if name == RESULTS => Check::ok(name, format!("{bucket}, not versioned")),
        Ok((false, bucket)) => {
            let advice = "Switch versioning on, for example by deploying the stack again.";
            Check::wrong(name, format!("{bucket} is not versioned."), advice)
        }
    }
}

async fn check_queues(urls: Result<(QueueUrls, QueueUrls), ServiceError>, endpoint: Option<String>) -> Vec<Check> {
    let connected = match urls {
        Ok((sources, letters)) => connection::dead_letters(endpoint, sources, letters).await,
        Err(error) => Err(error),
    };
    let letters: DeadLetters = match connected {
        Ok(letters) => letters,
        Err(error) => return vec![Check::failed("queues", &error, error.code())],
    };
    let mut checks = Vec::new();
    for queue in Queue::ALL {
        let name = format!("queue {}", queue.as_str());
        checks.push(match letters.states(queue).await {
            Ok((source, dead)) => check_redrive(name, &source, &dead),
            Err(error) => Check::failed(name, &error, error.code()),
        });
    }
    checks
}

fn check_redrive(name: String, source: &QueueState, dead: &QueueState) -> Check {
    if source.dead_letters_arn.as_deref() != Some(dead.arn.as_str()) {
        let found = source.dead_letters_arn.as_deref().unwrap_or("none");
        let message = format!("Its dead-letter queue is {found}, not {}.", dead.arn);
        return Check::wrong(
            name,
            message,
            "Correct the settings of the dead-letter queues, or deploy the stack again.",
        );
    }
    let look = if dead.waiting > 0 { "; look at them with `quire dlq list`" } else { "" };
    Check::ok(name, format!("{} waiting, {} dead letters{look}", source.waiting, dead.waiting))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOON: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    #[test]
    fn only_a_difference_that_the_question_does_not_explain_counts() {
        let second = time::Duration::SECOND;
        assert!(check_clock(NOON, NOON + 20 * second, NOON + 30 * second).is_ok);
        assert!(check_clock(NOON, NOON - 4 * second, NOON).is_ok);
        for theirs in [NOON - 10 * second, NOON + 10 * second] {
            let check = check_clock(NOON, theirs, NOON + second);
            assert!(!check.is_ok && check.advice.is_some(), "{check:?}");
        }
    }

    #[test]
    fn a_queue_must_name_its_dead_letter_queue() {
        let state = |arn: &str, waiting, dead: Option<&str>| QueueState {
            arn: arn.to_owned(),
            waiting,
            dead_letters_arn: dead.map(ToOwned::to_owned),
        };
        let dead = state("arn:dead", 2, None);
        let well = check_redrive("queue scan".to_owned(), &state("arn:scan", 1, Some("arn:dead")), &dead);
        assert_eq!(
            line(&well),
            "ok     queue scan         1 waiting, 2 dead letters; look at them with `quire dlq list`"
        );
        for other in [None, Some("arn:other")] {
            let wrong = line(&check_redrive("queue scan".to_owned(), &state("arn:scan", 1, other), &dead));
            assert!(wrong.starts_with("WRONG  queue scan") && wrong.contains("not arn:dead."), "{wrong}");
        }
    }
}
