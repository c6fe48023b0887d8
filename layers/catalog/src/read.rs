//! What readers (the command, the console) see.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::overview::FailureKind;
use crate::skipped::{SkippedPage, skipped_pages};
use domain::{FindingCounts, RangeStatus, ScanId, Severity, Stage, Status, WaitsFor};
use serde::Serialize;
use time::OffsetDateTime;

/// Which scans to list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter {
    /// Empty means all.
    pub statuses: Vec<Status>,
    /// Only uploads of this key.
    pub key: Option<String>,
    /// Words that the reporter, the volume or the key contains, in any case. All of them must be found.
    pub words: Vec<String>,
    /// Only scans that wait for a person: for their name, for a confirmation, or for review.
    pub needs_person: bool,
    /// Only scans that failed in this way.
    pub failure: Option<FailureKind>,
    /// Only scans older than this one. The last scan of a page gives the next page.
    pub before: Option<ScanId>,
    pub limit: i64,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            statuses: Vec::new(),
            key: None,
            words: Vec::new(),
            needs_person: false,
            failure: None,
            before: None,
            limit: 100,
        }
    }
}

/// A scan in a list.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ScanSummary {
    pub id: ScanId,
    /// The key of the upload.
    pub key: String,
    pub status: Status,
    /// The stage in which it failed or was cancelled.
    pub failed_stage: Option<Stage>,
    /// What it waits for, besides the next worker.
    pub waits_for: Option<WaitsFor>,
    pub reporter: Option<String>,
    pub volume: Option<String>,
    /// Printed number of the first page.
    pub first_page: Option<i32>,
    pub pages: Option<i32>,
    pub size_bytes: i64,
    /// Number of page ranges in the current generation.
    pub ranges: i64,
    pub ranges_finished: i64,
    pub opinions: i64,
    /// None before split has derived findings.
    pub finding_counts: Option<FindingCounts>,
    /// Failed attempts at the present stage.
    pub attempts: i32,
    pub interruptions: i32,
    /// The code of the failure, or of the last failed attempt.
    pub error_code: Option<String>,
    /// Sentences for a person.
    pub error_message: Option<String>,
    pub superseded_by: Option<ScanId>,
    /// Deferred until then.
    #[serde(with = "time::serde::rfc3339::option")]
    pub not_before: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Time of the last change of status.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

impl Catalog {
    /// Newest first.
    pub async fn scans(&self, filter: &Filter) -> Result<Vec<ScanSummary>, CatalogError> {
        let statuses: Vec<String> = filter.statuses.iter().map(|status| status.as_str().to_owned()).collect();
        let words: Vec<String> = filter.words.iter().map(|word| pattern(word)).collect();
        // The rarest word is probably the longest. An index finds the scans that have it.
        let longest = words.iter().max_by_key(|word| word.len());
        let (code, stage) = filter.failure.as_ref().map(|kind| (kind.code.as_str(), kind.stage.as_str())).unzip();
        let mut transaction = self.begin().await?;
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
                   finding_counts(id, summary) AS "finding_counts: FindingCounts",
                   attempts, interruptions, error_code, error_message, superseded_by, not_before, created_at,
                   updated_at, finished_at
               FROM scans
               WHERE (cardinality($1::text[]) = 0 OR status = ANY($1))
                 AND ($2::text IS NULL OR key = $2)
                 AND ($3::bigint IS NULL OR id < $3)
                 AND ($9::text IS NULL
                     OR lower(key || ' ' || coalesce(reporter, '') || ' ' || coalesce(volume, '')) LIKE $9)
                 AND (cardinality($5::text[]) = 0
                     OR lower(key || ' ' || coalesce(reporter, '') || ' ' || coalesce(volume, '')) LIKE ALL ($5))
                 AND (NOT $6 OR (status = 'PENDING_REVIEW' OR waits_for IS NOT NULL) AND superseded_by IS NULL)
                 AND ($7::text IS NULL OR status = 'FAILED' AND superseded_by IS NULL
                     AND failure_cause(error_code, error_message) = $7 AND failed_stage = $8)
               ORDER BY id DESC LIMIT $4"#,
            &statuses,
            filter.key,
            filter.before,
            filter.limit,
            &words,
            filter.needs_person,
            code,
            stage,
            longest,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(scans)
    }
}

/// The pattern of LIKE for texts that contain a word.
fn pattern(word: &str) -> String {
    let escaped = word.to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ScanDetail {
    pub scan: ScanRow,
    /// Of the current generation, in order.
    pub ranges: Vec<RangeDetail>,
    /// In order.
    pub skipped: Vec<SkippedPage>,
    /// In order.
    pub opinions: Vec<OpinionDetail>,
    /// The worst first.
    pub findings: Vec<FindingDetail>,
    /// Oldest first.
    pub events: Vec<Event>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ScanRow {
    #[serde(flatten)]
    pub summary: ScanSummary,
    pub bucket: String,
    pub version_id: String,
    /// The entity tag, without its quotes.
    pub etag: String,
    /// Printed number of the last page.
    pub last_page: Option<i32>,
    /// How often compress has cut the volume into ranges.
    pub generation: i32,
    /// Whether its page ranges go to the queue for large volumes.
    pub is_large: bool,
    /// Whoever uploaded it, as S3 names them.
    pub uploader: Option<String>,
    /// Whether compress gets it from the queue for bulk uploads.
    pub is_bulk: bool,
    /// The S3 prefix of compress's outputs.
    pub work_prefix: Option<String>,
    /// The S3 prefix of the results.
    pub result_prefix: Option<String>,
    /// The problems that compress found.
    pub details: serde_json::Value,
    /// The counts and problems that split reported.
    pub results: Option<serde_json::Value>,
    /// The start of the present attempt.
    #[serde(with = "time::serde::rfc3339::option")]
    pub processing_started_at: Option<OffsetDateTime>,
    /// The last heartbeat of the present attempt.
    #[serde(with = "time::serde::rfc3339::option")]
    pub heartbeat_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub dispatched_at: Option<OffsetDateTime>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RangeDetail {
    /// From 0.
    pub number: i32,
    /// Index of its first page, from 0.
    pub first_index: i32,
    pub page_count: i32,
    pub status: RangeStatus,
    pub attempts: i32,
    pub interruptions: i32,
    /// The code of the failure, or of the last failed attempt.
    pub error_code: Option<String>,
    /// Sentences for a person.
    pub error_message: Option<String>,
    /// The places of the pages, from 1, that its worker is working on.
    pub pages_at_work: Vec<i32>,
    /// The places of the pages, from 1, that its lost workers were working on: those of all of them if there are any,
    /// otherwise those of the last one. Empty once the range finished or was retried by a person.
    pub suspects: Vec<i32>,
    /// The S3 key of its pages.
    pub input_key: String,
    /// The S3 key of its results.
    pub result_key: Option<String>,
    /// The start of the present attempt.
    #[serde(with = "time::serde::rfc3339::option")]
    pub processing_started_at: Option<OffsetDateTime>,
    /// The last heartbeat of the present attempt.
    #[serde(with = "time::serde::rfc3339::option")]
    pub heartbeat_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

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

/// A [`Finding`](domain::Finding) in a row. It may be from another version of Quire, which knows other codes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FindingDetail {
    pub code: String,
    pub severity: Severity,
    /// The page's place in the original, from 0. None if the finding is about the whole volume.
    pub page_index: Option<i32>,
    /// A sentence for a person.
    pub message: String,
    /// An [`Evidence`](domain::Evidence) as JSON.
    pub evidence: serde_json::Value,
}

/// An entry of a scan's timeline.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Event {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// A status in lower case, `given_back`, `interrupted`, `range_…`, or an operator's action.
    pub kind: String,
    pub detail: serde_json::Value,
    /// The operator who did it. None for what the service did by itself.
    pub actor: Option<String>,
}

/// Fields of an event that words about it contain already, or that only programs read.
const OMITTED: [&str; 10] =
    ["from", "to", "lease", "generation", "range", "attempts", "interruptions", "suspects", "code", "message"];

/// The other fields of an event's detail, for words about it.
pub fn other_fields(detail: &serde_json::Value) -> impl Iterator<Item = (&str, String)> {
    let fields = detail.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, value)| !OMITTED.contains(&name.as_str()) && !value.is_null());
    fields.map(|(name, value)| (name.as_str(), in_words(value)))
}

fn in_words(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) => values.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The places of the pages, from 1, that a lost worker was working on, as its event tells.
pub fn suspects(detail: &serde_json::Value) -> Vec<i64> {
    let pages = detail.get("suspects").and_then(|pages| pages.as_array());
    pages.into_iter().flatten().filter_map(|page| page.as_i64()).collect()
}

impl ScanDetail {
    /// The names of all files below the result prefix that split published.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let files =
            self.scan.results.as_ref().and_then(|results| results.get("files")).and_then(|files| files.as_array());
        files.into_iter().flatten().filter_map(|file| file.as_str())
    }
}

impl Catalog {
    /// Everything about one scan.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] if it does not exist.
    pub async fn require_scan(&self, scan: ScanId) -> Result<ScanDetail, CatalogError> {
        self.scan(scan).await?.ok_or(CatalogError::Unknown(scan))
    }

    /// Everything about one scan. None if it does not exist.
    pub async fn scan(&self, scan: ScanId) -> Result<Option<ScanDetail>, CatalogError> {
        let Some(summary) = self.summary(scan).await? else { return Ok(None) };
        let mut transaction = self.begin().await?;
        let Some(row) = scan_row(&mut transaction, summary).await? else { return Ok(None) };
        let detail = ScanDetail {
            ranges: ranges(&mut transaction, scan, row.generation).await?,
            skipped: skipped_pages(&mut transaction, scan).await?,
            opinions: opinions(&mut transaction, scan).await?,
            findings: findings(&mut transaction, scan).await?,
            events: events(&mut transaction, scan).await?,
            scan: row,
        };
        transaction.commit().await?;
        Ok(Some(detail))
    }

    /// Where the results of a scan are. None if it has none, or does not exist.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn result_prefix(&self, scan: ScanId) -> Result<Option<String>, CatalogError> {
        let mut transaction = self.begin().await?;
        let prefix = sqlx::query_scalar!("SELECT result_prefix FROM scans WHERE id = $1", scan)
            .fetch_optional(transaction.executor())
            .await?;
        transaction.commit().await?;
        Ok(prefix.flatten())
    }

    /// One scan as in a list. None if it does not exist.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn summary(&self, scan: ScanId) -> Result<Option<ScanSummary>, CatalogError> {
        let newest = Filter { before: Some(scan.saturating_add(1)), limit: 1, ..Filter::default() };
        Ok(self.scans(&newest).await?.into_iter().find(|summary| summary.id == scan))
    }
}

async fn scan_row(transaction: &mut Transaction<'_>, summary: ScanSummary) -> Result<Option<ScanRow>, CatalogError> {
    let row = sqlx::query!(
        "SELECT bucket, version_id, etag, last_page, generation, is_large, uploader, is_bulk, work_prefix, result_prefix,
             details, summary, processing_started_at, heartbeat_at, dispatched_at
         FROM scans WHERE id = $1",
        summary.id,
    )
    .fetch_optional(transaction.executor())
    .await?;
    Ok(row.map(|row| ScanRow {
        summary,
        bucket: row.bucket,
        version_id: row.version_id,
        etag: row.etag,
        last_page: row.last_page,
        generation: row.generation,
        is_large: row.is_large,
        uploader: row.uploader,
        is_bulk: row.is_bulk,
        work_prefix: row.work_prefix,
        result_prefix: row.result_prefix,
        details: row.details,
        results: row.summary,
        processing_started_at: row.processing_started_at,
        heartbeat_at: row.heartbeat_at,
        dispatched_at: row.dispatched_at,
    }))
}

async fn ranges(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    generation: i32,
) -> Result<Vec<RangeDetail>, CatalogError> {
    Ok(sqlx::query_as!(
        RangeDetail,
        r#"SELECT number, first_index, page_count, status AS "status: RangeStatus", attempts, interruptions,
               error_code, error_message, pages_at_work, suspects, input_key, result_key, processing_started_at, heartbeat_at, finished_at
           FROM page_ranges WHERE scan_id = $1 AND generation = $2 ORDER BY number"#,
        scan,
        generation,
    )
    .fetch_all(transaction.executor())
    .await?)
}

async fn opinions(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Vec<OpinionDetail>, CatalogError> {
    Ok(sqlx::query_as!(
        OpinionDetail,
        "SELECT sequence, file, redacted_key, first_page, last_page, caption_page_index, key_page_index
         FROM opinions WHERE scan_id = $1 ORDER BY sequence",
        scan,
    )
    .fetch_all(transaction.executor())
    .await?)
}

async fn findings(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Vec<FindingDetail>, CatalogError> {
    Ok(sqlx::query_as!(
        FindingDetail,
        r#"SELECT code, severity AS "severity: Severity", page_index, message, evidence
           FROM findings WHERE scan_id = $1 ORDER BY sequence"#,
        scan,
    )
    .fetch_all(transaction.executor())
    .await?)
}

async fn events(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<Vec<Event>, CatalogError> {
    Ok(sqlx::query_as!(Event, "SELECT at, kind, detail, actor FROM scan_events WHERE scan_id = $1 ORDER BY id", scan)
        .fetch_all(transaction.executor())
        .await?)
}
