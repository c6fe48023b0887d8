//! `quire show`.

use crate::arguments::Show;
use crate::report::{Output, detail, outputs};
use crate::service::{self, ServiceError, Settings};
use crate::terminal::{print, print_json};
use catalog::{CatalogError, ScanDetail};
use engine::cancellation::Cancellation;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    detail: &'a ScanDetail,
    outputs: Vec<Output>,
}

/// Shows a scan.
///
/// # Errors
/// When it does not exist, or the database does not answer.
pub fn run(arguments: &Show, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let settings = Settings::new(&arguments.database.file)?;
    let database = settings.required_database(&arguments.database)?;
    let bucket = settings.optional(arguments.results.result_bucket.as_deref(), "QUIRE_RESULT_BUCKET");
    let scan = arguments.scan;
    let found = service::run(cancellation, Duration::ZERO, async {
        let found = service::catalog(&database)?.scan(scan).await?;
        Ok(found.ok_or(CatalogError::Unknown(scan))?)
    })?;
    if arguments.json {
        print_json(&Shown { detail: &found, outputs: outputs(&found, bucket.as_deref()) })?;
    } else {
        print(&detail(&found, bucket.as_deref(), OffsetDateTime::now_utc()))?;
    }
    Ok(0)
}
