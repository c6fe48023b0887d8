//! `quire scans`.

use crate::arguments::Scans;
use crate::report::list;
use crate::service::{self, ServiceError, Settings};
use crate::terminal::{print, print_json};
use catalog::{Filter, ScanSummary};
use engine::cancellation::Cancellation;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

#[derive(Serialize)]
struct List {
    scans: Vec<ScanSummary>,
}

/// Lists scans.
///
/// # Errors
/// When the database does not answer.
pub fn run(arguments: &Scans, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let database = Settings::new(&arguments.database.file)?.required_database(&arguments.database)?;
    let filter = Filter { statuses: arguments.status.clone(), limit: arguments.limit, ..Filter::default() };
    let scans =
        service::run(cancellation, Duration::ZERO, async { Ok(service::catalog(&database)?.scans(&filter).await?) })?;
    if arguments.json {
        print_json(&List { scans })?;
        return Ok(0);
    }
    print(&list(&scans, OffsetDateTime::now_utc()))?;
    if i64::try_from(scans.len()).is_ok_and(|count| count == arguments.limit) {
        eprintln!("these are the newest {}; --limit shows more", arguments.limit);
    }
    Ok(0)
}
