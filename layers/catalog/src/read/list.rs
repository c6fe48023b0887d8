//! Scans in a list.

use crate::{Catalog, CatalogError};
use domain::{ScanId, Stage, Status, WaitsFor};
use serde::Serialize;
use time::OffsetDateTime;

/// Which scans to list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    /// Only these statuses; empty means all.
    pub statuses: Vec<Status>,
    /// Only uploads of this key.
    pub key: Option<String>,
    /// Only scans older than this one: pass the last one of a page to get the next page.
    pub before: Option<ScanId>,
    /// At most so many, newest first.
    pub limit: i64,
}

impl Default for Filter {
    fn default() -> Self {
        Self { statuses: Vec::new(), key: None, before: None, limit: 100 }
    }
}

/// A scan in a list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ScanSummary {
    /// The scan.
    pub id: ScanId,
    /// The key of its upload.
    pub key: String,
    /// Where it is.
    pub status: Status,
    /// The stage it failed or was cancelled in.
    pub failed_stage: Option<Stage>,
    /// What it waits for besides its turn.
    pub waits_for: Option<WaitsFor>,
    /// The reporter.
    pub reporter: Option<String>,
    /// The volume.
    pub volume: Option<String>,
    /// Printed number of the first page.
    pub first_page: Option<i32>,
    /// Pages, once counted.
    pub pages: Option<i32>,
    /// Size of the upload in bytes.
    pub size_bytes: i64,
    /// Page ranges of the current generation.
    pub ranges: i64,
    /// Those that finished.
    pub ranges_finished: i64,
    /// Opinions found.
    pub opinions: i64,
    /// Attempts at the present stage that failed.
    pub attempts: i32,
    /// Interruptions of the present stage.
    pub interruptions: i32,
    /// Why it failed, or why its last attempt did.
    pub error_code: Option<String>,
    /// The same as a sentence.
    pub error_message: Option<String>,
    /// The scan that replaced it.
    pub superseded_by: Option<ScanId>,
    /// Not before this.
    #[serde(with = "time::serde::rfc3339::option")]
    pub not_before: Option<OffsetDateTime>,
    /// When it was recorded.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When its status changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

impl Catalog {
    /// Scans, newest first.
    pub async fn scans(&self, filter: &Filter) -> Result<Vec<ScanSummary>, CatalogError> {
        let statuses: Vec<String> = filter.statuses.iter().map(|status| status.as_str().to_owned()).collect();
        let mut work = self.begin().await?;
        let scans = sqlx::query_as!(
            ScanSummary,
            r#"SELECT id, key, status AS "status: Status", failed_stage AS "failed_stage: Stage",
                   waits_for AS "waits_for: WaitsFor", reporter, volume, first_page, pages, size_bytes,
                   (SELECT count(*) FROM page_ranges AS ranges
                    WHERE scan_id = scans.id AND ranges.generation = scans.generation) AS "ranges!",
                   (SELECT count(*) FROM page_ranges AS ranges
                    WHERE scan_id = scans.id AND ranges.generation = scans.generation
                      AND ranges.status = 'FINISHED') AS "ranges_finished!",
                   (SELECT count(*) FROM opinions WHERE scan_id = scans.id) AS "opinions!",
                   attempts, interruptions, error_code, error_message, superseded_by, not_before, created_at,
                   updated_at, finished_at
               FROM scans
               WHERE (cardinality($1::text[]) = 0 OR status = ANY($1))
                 AND ($2::text IS NULL OR key = $2)
                 AND ($3::bigint IS NULL OR id < $3)
               ORDER BY id DESC LIMIT $4"#,
            &statuses,
            filter.key,
            filter.before,
            filter.limit,
        )
        .fetch_all(work.on())
        .await?;
        work.commit().await?;
        Ok(scans)
    }
}
