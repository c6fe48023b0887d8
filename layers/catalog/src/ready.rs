//! What may be worked on next.

use crate::connection::Work;
use crate::state::ScanState;
use crate::{CatalogError, ScanId, Status};

/// Work that may be ready: the caller turns it into a message, right after the commit that returned it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ready {
    /// A scan waits for compress.
    Compress {
        /// The scan.
        scan: ScanId,
    },
    /// A page range waits for scan.
    Range {
        /// The scan.
        scan: ScanId,
        /// The generation of its ranges.
        generation: i32,
        /// The number of the range, from 0.
        number: i32,
        /// Whether the volume takes the lane for large ones.
        is_large: bool,
    },
    /// A scan waits for split.
    Split {
        /// The scan.
        scan: ScanId,
    },
}

impl Ready {
    /// What a scan in this state waits for; nothing while it is deferred or waits for a person.
    pub(crate) async fn of(work: &mut Work<'_>, state: &ScanState) -> Result<Vec<Self>, CatalogError> {
        if !state.due || state.waits_for.is_some() {
            return Ok(Vec::new());
        }
        match state.status {
            Status::Uploaded => Ok(vec![Self::Compress { scan: state.scan }]),
            Status::Compressed | Status::Scanning => Self::ranges(work, state).await,
            Status::Scanned => Ok(vec![Self::Split { scan: state.scan }]),
            _ => Ok(Vec::new()),
        }
    }

    async fn ranges(work: &mut Work<'_>, state: &ScanState) -> Result<Vec<Self>, CatalogError> {
        let numbers = sqlx::query_scalar!(
            "SELECT number FROM page_ranges
             WHERE scan_id = $1 AND generation = $2 AND status = 'WAITING' ORDER BY number",
            state.scan,
            state.generation,
        )
        .fetch_all(work.on())
        .await?;
        let (scan, generation, is_large) = (state.scan, state.generation, state.is_large);
        Ok(numbers.into_iter().map(|number| Self::Range { scan, generation, number, is_large }).collect())
    }
}
