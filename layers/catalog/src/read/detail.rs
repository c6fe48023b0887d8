//! Everything about one scan.

use crate::connection::Work;
use crate::{Catalog, CatalogError, Filter, ScanSummary};
use domain::{RangeStatus, ScanId};
use serde::Serialize;
use time::OffsetDateTime;

/// Everything about one scan.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ScanDetail {
    /// The row.
    pub scan: ScanRow,
    /// The page ranges of its current generation, in order.
    pub ranges: Vec<RangeDetail>,
    /// Its opinions, in order.
    pub opinions: Vec<OpinionDetail>,
    /// What happened to it, oldest first.
    pub events: Vec<Event>,
}

/// The row of a scan.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ScanRow {
    /// What a list shows, too.
    #[serde(flatten)]
    pub summary: ScanSummary,
    /// The upload bucket.
    pub bucket: String,
    /// The version of the upload.
    pub version_id: String,
    /// Its ETag, without quotes.
    pub etag: String,
    /// Printed number of the last page.
    pub last_page: Option<i32>,
    /// How often compress has cut the volume.
    pub generation: i32,
    /// Whether it takes the lane for large volumes.
    pub is_large: bool,
    /// The S3 prefix of compress's outputs.
    pub work_prefix: Option<String>,
    /// The S3 prefix of the results.
    pub result_prefix: Option<String>,
    /// What compress had to say.
    pub details: serde_json::Value,
    /// What split had to say.
    pub results: Option<serde_json::Value>,
    /// When the present attempt began.
    #[serde(with = "time::serde::rfc3339::option")]
    pub processing_started_at: Option<OffsetDateTime>,
    /// When the present attempt was last heard of.
    #[serde(with = "time::serde::rfc3339::option")]
    pub heartbeat_at: Option<OffsetDateTime>,
    /// When its last message was sent.
    #[serde(with = "time::serde::rfc3339::option")]
    pub dispatched_at: Option<OffsetDateTime>,
}

/// A page range.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RangeDetail {
    /// Its number, from 0.
    pub number: i32,
    /// Index of its first page, from 0.
    pub first_index: i32,
    /// Pages in it.
    pub page_count: i32,
    /// Where it is.
    pub status: RangeStatus,
    /// Attempts that failed.
    pub attempts: i32,
    /// Interruptions.
    pub interruptions: i32,
    /// Why it failed, or why its last attempt did.
    pub error_code: Option<String>,
    /// The same as a sentence.
    pub error_message: Option<String>,
    /// The S3 key of its pages.
    pub input_key: String,
    /// The S3 key of its results.
    pub result_key: Option<String>,
    /// When the present attempt began.
    #[serde(with = "time::serde::rfc3339::option")]
    pub processing_started_at: Option<OffsetDateTime>,
    /// When the present attempt was last heard of.
    #[serde(with = "time::serde::rfc3339::option")]
    pub heartbeat_at: Option<OffsetDateTime>,
    /// When it finished.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// An opinion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OpinionDetail {
    /// Its place in the volume, from 1.
    pub sequence: i32,
    /// The name of its PDF below the result prefix.
    pub file: String,
    /// The S3 key of its redacted PDF.
    pub redacted_key: String,
    /// Printed number of its first page.
    pub first_page: i32,
    /// Printed number of its last page.
    pub last_page: i32,
    /// Index of the page with its caption, from 0.
    pub caption_page_index: i32,
    /// Index of the page with its key icon, from 0.
    pub key_page_index: i32,
}

/// Something that happened to a scan.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Event {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What: a status in lower case, `given_back`, `interrupted`, `range_…`, or an operator's action.
    pub kind: String,
    /// The particulars.
    pub detail: serde_json::Value,
}

impl Catalog {
    /// Everything about one scan; none if it does not exist.
    pub async fn scan(&self, scan: ScanId) -> Result<Option<ScanDetail>, CatalogError> {
        let Some(summary) = self.summary(scan).await? else { return Ok(None) };
        let mut work = self.begin().await?;
        let Some(row) = row(&mut work, summary).await? else { return Ok(None) };
        let detail = ScanDetail {
            ranges: ranges(&mut work, scan, row.generation).await?,
            opinions: opinions(&mut work, scan).await?,
            events: events(&mut work, scan).await?,
            scan: row,
        };
        work.commit().await?;
        Ok(Some(detail))
    }

    async fn summary(&self, scan: ScanId) -> Result<Option<ScanSummary>, CatalogError> {
        let newest = Filter { before: Some(scan.saturating_add(1)), limit: 1, ..Filter::default() };
        Ok(self.scans(&newest).await?.into_iter().find(|summary| summary.id == scan))
    }
}

async fn row(work: &mut Work<'_>, summary: ScanSummary) -> Result<Option<ScanRow>, CatalogError> {
    let row = sqlx::query!(
        "SELECT bucket, version_id, etag, last_page, generation, is_large, work_prefix, result_prefix, details,
             summary, processing_started_at, heartbeat_at, dispatched_at
         FROM scans WHERE id = $1",
        summary.id,
    )
    .fetch_optional(work.on())
    .await?;
    Ok(row.map(|row| ScanRow {
        summary,
        bucket: row.bucket,
        version_id: row.version_id,
        etag: row.etag,
        last_page: row.last_page,
        generation: row.generation,
        is_large: row.is_large,
        work_prefix: row.work_prefix,
        result_prefix: row.result_prefix,
        details: row.details,
        results: row.summary,
        processing_started_at: row.processing_started_at,
        heartbeat_at: row.heartbeat_at,
        dispatched_at: row.dispatched_at,
    }))
}

async fn ranges(work: &mut Work<'_>, scan: ScanId, generation: i32) -> Result<Vec<RangeDetail>, CatalogError> {
    Ok(sqlx::query_as!(
        RangeDetail,
        r#"SELECT number, first_index, page_count, status AS "status: RangeStatus", attempts, interruptions,
               error_code, error_message, input_key, result_key, processing_started_at, heartbeat_at, finished_at
           FROM page_ranges WHERE scan_id = $1 AND generation = $2 ORDER BY number"#,
        scan,
        generation,
    )
    .fetch_all(work.on())
    .await?)
}

async fn opinions(work: &mut Work<'_>, scan: ScanId) -> Result<Vec<OpinionDetail>, CatalogError> {
    Ok(sqlx::query_as!(
        OpinionDetail,
        "SELECT sequence, file, redacted_key, first_page, last_page, caption_page_index, key_page_index
         FROM opinions WHERE scan_id = $1 ORDER BY sequence",
        scan,
    )
    .fetch_all(work.on())
    .await?)
}

async fn events(work: &mut Work<'_>, scan: ScanId) -> Result<Vec<Event>, CatalogError> {
    Ok(sqlx::query_as!(Event, "SELECT at, kind, detail FROM scan_events WHERE scan_id = $1 ORDER BY id", scan)
        .fetch_all(work.on())
        .await?)
}
