//! `quire watch`.

mod follow;
mod view;

pub use follow::{Subject, follow};
pub use view::View;

use super::arguments::Watch;
use super::connection;
use super::error::ServiceError;
use super::report::Ending;
use super::settings::Settings;
use engine::cancellation::Cancellation;
use std::time::Duration;

/// Watches one scan, or all unfinished ones. The exit status says how they ended.
pub fn run(arguments: &Watch, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let database = Settings::new(&arguments.database.service, cancellation)?.required_database(&arguments.database)?;
    let subject = arguments.scan.map_or(Subject::Unfinished, |scan| Subject::Scans([scan].into()));
    let mut view = View::new(arguments.json);
    let ending = connection::run(cancellation, Duration::ZERO, async {
        follow(&connection::catalog(&database).await?, &subject, &mut view).await
    })?;
    if ending.is_none() {
        view.note("There is nothing to watch: every scan has ended.");
    }
    Ok(ending.map_or(0, Ending::exit_status))
}
