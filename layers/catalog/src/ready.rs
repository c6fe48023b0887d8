//! What a scan waits for, as the tasks to send.

use crate::CatalogError;
use crate::connection::Work;
use crate::state::ScanState;
use domain::{Status, Task};

/// The tasks that a scan in this state waits for: none while it is deferred or waits for a person. The caller sends
/// them right after the commit.
pub(crate) async fn ready(work: &mut Work<'_>, state: &ScanState) -> Result<Vec<Task>, CatalogError> {
    if !state.due || state.waits_for.is_some() {
        return Ok(Vec::new());
    }
    match state.status {
        Status::Uploaded => Ok(vec![Task::Compress { scan: state.scan }]),
        Status::Compressed | Status::Scanning => ranges(work, state).await,
        Status::Scanned => Ok(vec![Task::Split { scan: state.scan }]),
        _ => Ok(Vec::new()),
    }
}

async fn ranges(work: &mut Work<'_>, state: &ScanState) -> Result<Vec<Task>, CatalogError> {
    let numbers = sqlx::query_scalar!(
        "SELECT number FROM page_ranges
             WHERE scan_id = $1 AND generation = $2 AND status = 'WAITING' ORDER BY number",
        state.scan,
        state.generation,
    )
    .fetch_all(work.on())
    .await?;
    let (scan, generation, is_large) = (state.scan, state.generation, state.is_large);
    Ok(numbers.into_iter().map(|range| Task::Scan { scan, generation, range, is_large }).collect())
}
