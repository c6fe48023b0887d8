//! `quire watch`.

use crate::arguments::Watch;
use crate::service::{self, ServiceError, Settings};
use crate::watch::{Ending, Subject, View, follow};
use engine::cancellation::Cancellation;
use std::time::Duration;

/// Follows a scan, or all unfinished ones; the exit status says how they ended.
///
/// # Errors
/// When the scan does not exist, or the database stays away.
pub fn run(arguments: &Watch, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let database = Settings::new(&arguments.database.file)?.required_database(&arguments.database)?;
    let subject = arguments.scan.map_or(Subject::Unfinished, |scan| Subject::Scans([scan].into()));
    let mut view = View::new(arguments.json);
    let ending = service::run(cancellation, Duration::ZERO, async {
        follow(&service::catalog(&database)?, &subject, &mut view).await
    })?;
    if ending.is_none() {
        view.note("nothing to watch: every scan has come to its end");
    }
    Ok(ending.map_or(0, Ending::status))
}
