//! `quire migrate`: the tables of the database, brought up to date.

use crate::arguments::Migrate;
use crate::service::{self, ServiceError, Settings};
use crate::terminal::print;
use engine::cancellation::Cancellation;
use std::time::Duration;

/// Applies the migrations that are missing; those that are there stay as they are.
///
/// # Errors
/// When the database does not answer or refuses.
pub fn run(arguments: &Migrate, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let settings = Settings::new(&arguments.database.file)?;
    let database = settings.required_database(&arguments.database)?;
    service::run(cancellation, Duration::ZERO, async { Ok(service::catalog(&database)?.migrate().await?) })?;
    print("the tables are up to date\n")?;
    Ok(0)
}
