//! Pages that a person wants to be skipped.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::state::{ScanState, ready, record_event};
use domain::{ScanId, Stage, Task};
use serde::Serialize;
use time::OffsetDateTime;

/// The place of the last page that can be skipped while nobody knows how many pages the volume has.
const MOST_PAGES: i32 = 100_000;

/// A page that no program may open. It becomes a blank page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SkippedPage {
    /// Its place in the original, from 1.
    pub page: i32,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who wants it to be skipped.
    pub actor: Option<String>,
}

/// What happens to a scan because other pages are skipped than before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restart {
    /// The numbers of the page ranges that are scanned again, because they hold such a page or were not finished. Empty
    /// if the volume has not been cut into ranges yet.
    pub ranges: Vec<i32>,
    /// How many finished ranges keep their results.
    pub kept: usize,
    /// The tasks to send.
    pub ready: Vec<Task>,
}

#[derive(Clone, Copy)]
enum Change {
    Skip,
    Undo,
}

impl Catalog {
    /// Skips pages of a FAILED or CANCELLED scan and starts it again with compress. The results of finished ranges that
    /// hold none of these pages are kept. `pages` are places in the original, from 1.
    pub async fn skip_pages(&self, scan: ScanId, pages: &[i32]) -> Result<Restart, CatalogError> {
        self.change_skipped(scan, pages, Change::Skip).await
    }

    /// As [`Catalog::skip_pages`], for pages that shall not be skipped any more.
    pub async fn unskip_pages(&self, scan: ScanId, pages: &[i32]) -> Result<Restart, CatalogError> {
        self.change_skipped(scan, pages, Change::Undo).await
    }

    async fn change_skipped(&self, scan: ScanId, pages: &[i32], change: Change) -> Result<Restart, CatalogError> {
        let mut transaction = self.begin().await?;
        let state = ScanState::lock_existing(&mut transaction, scan).await?;
        state.require_restartable()?;
        require_places(&mut transaction, &state, pages).await?;
        let (changed, kind) = match change {
            Change::Skip => (add(&mut transaction, scan, pages).await?, "pages_skipped"),
            Change::Undo => (remove(&mut transaction, scan, pages).await?, "pages_no_longer_skipped"),
        };
        if changed.is_empty() {
            return Err(state.refuse(match change {
                Change::Skip => "These pages are skipped already. Retry the scan.",
                Change::Undo => "These pages are not skipped.",
            }));
        }
        record_event(&mut transaction, scan, kind, serde_json::json!({ "pages": changed })).await?;
        // The scan asks for its name again when all its ranges are finished.
        sqlx::query!(
            "UPDATE scans SET not_before = NULL, waits_for = nullif(waits_for, 'metadata') WHERE id = $1",
            scan,
        )
        .execute(transaction.executor())
        .await?;
        state.restart_at(&mut transaction, Stage::Compress).await?;
        let (ranges, kept) = restarted_ranges(&mut transaction, &state).await?;
        let ready = ready(&mut transaction, scan).await?;
        transaction.commit().await?;
        Ok(Restart { ranges, kept, ready })
    }
}

async fn require_places(
    transaction: &mut Transaction<'_>,
    state: &ScanState,
    pages: &[i32],
) -> Result<(), CatalogError> {
    let count = sqlx::query_scalar!("SELECT pages FROM scans WHERE id = $1", state.scan)
        .fetch_one(transaction.executor())
        .await?;
    match pages.iter().find(|page| !(1..=count.unwrap_or(MOST_PAGES)).contains(*page)) {
        Some(page) => Err(state.refuse(&match count {
            Some(count) => format!("It has {count} pages, so it has no page {page}."),
            None => format!("It cannot have a page {page}."),
        })),
        None => Ok(()),
    }
}

async fn add(transaction: &mut Transaction<'_>, scan: ScanId, pages: &[i32]) -> Result<Vec<i32>, CatalogError> {
    Ok(sqlx::query_scalar!(
        r#"WITH added AS (
               INSERT INTO skipped_pages (scan_id, page) SELECT $1, unnest($2::integer[])
               ON CONFLICT DO NOTHING RETURNING page)
           SELECT page AS "page!" FROM added ORDER BY page"#,
        scan,
        pages,
    )
    .fetch_all(transaction.executor())
    .await?)
}

async fn remove(transaction: &mut Transaction<'_>, scan: ScanId, pages: &[i32]) -> Result<Vec<i32>, CatalogError> {
    Ok(sqlx::query_scalar!(
        r#"WITH removed AS (DELETE FROM skipped_pages WHERE scan_id = $1 AND page = ANY($2) RETURNING page)
           SELECT page AS "page!" FROM removed ORDER BY page"#,
        scan,
        pages,
    )
    .fetch_all(transaction.executor())
    .await?)
}

/// The ranges that compress will not keep, and how many it will. It decides in the same way when it has cut the volume.
async fn restarted_ranges(
    transaction: &mut Transaction<'_>,
    state: &ScanState,
) -> Result<(Vec<i32>, usize), CatalogError> {
    let ranges = sqlx::query!(
        r#"SELECT number, status = 'FINISHED' AND skipped = skipped_in(scan_id, first_index, page_count) AS "is_kept!"
           FROM page_ranges WHERE scan_id = $1 AND generation = $2 ORDER BY number"#,
        state.scan,
        state.generation,
    )
    .fetch_all(transaction.executor())
    .await?;
    let again: Vec<i32> = ranges.iter().filter(|range| !range.is_kept).map(|range| range.number).collect();
    let kept = ranges.len() - again.len();
    Ok((again, kept))
}

/// The skipped pages of a scan, in order.
pub(crate) async fn skipped_pages(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
) -> Result<Vec<SkippedPage>, CatalogError> {
    Ok(sqlx::query_as!(SkippedPage, "SELECT page, at, actor FROM skipped_pages WHERE scan_id = $1 ORDER BY page", scan)
        .fetch_all(transaction.executor())
        .await?)
}
