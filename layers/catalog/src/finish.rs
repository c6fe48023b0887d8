//! The successful end of an attempt: its outputs become real.
//!
//! Every write checks the lease in the statement that changes the row, or under the lock of the scan's row, and changes
//! nothing if the lease is lost.

use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::lease::{Fenced, Lease, lock_leased};
use crate::state::{ready, settle};
use domain::{Evidence, Finding, ScanId, Stage, Task};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

/// What compress published.
#[derive(Clone, PartialEq, Debug)]
pub struct FanOut {
    pub pages: i32,
    /// Whether the page ranges go to the queue for large volumes.
    pub is_large: bool,
    /// The S3 prefix of the attempt that published.
    pub work_prefix: String,
    /// In order. Together they contain every page.
    pub ranges: Vec<NewRange>,
    /// The problems that compress found, as JSON for readers.
    pub details: serde_json::Value,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRange {
    /// Index of its first page in the volume, from 0.
    pub first_index: i32,
    pub page_count: i32,
    /// The S3 key of its pages.
    pub input_key: String,
}

impl FanOut {
    /// The ranges must follow one another from the first page to the last, because a page in no range would be lost.
    fn check(&self) -> Result<(), CatalogError> {
        let mut next = 0;
        for range in &self.ranges {
            if range.first_index != next || range.page_count < 1 {
                return Err(CatalogError::Invalid(format!(
                    "A page range begins at page {} instead of {next}.",
                    range.first_index
                )));
            }
            next += range.page_count;
        }
        if self.ranges.is_empty() || next != self.pages {
            return Err(CatalogError::Invalid(format!("The page ranges contain {next} of {} pages.", self.pages)));
        }
        Ok(())
    }
}

impl Catalog {
    /// Publishes what compress made: a new generation of page ranges. Those of the generation before are deleted; a new
    /// range keeps the results of the earlier one with the same pages if the same of them were skipped. All others wait.
    ///
    /// A lease of another stage, or ranges that do not follow one another from the first page to the last, are
    /// [`CatalogError::Invalid`].
    pub async fn finish_compress(&self, lease: &Lease, fan_out: &FanOut) -> Result<Fenced<Vec<Task>>, CatalogError> {
        lease.expect_stage(Stage::Compress)?;
        fan_out.check()?;
        let mut transaction = self.begin().await?;
        let Some(fanned_out) = publish_ranges(&mut transaction, lease, fan_out).await? else {
            return Ok(Fenced::Lost);
        };
        replace_ranges(&mut transaction, lease.scan, &fanned_out, &fan_out.ranges).await?;
        pass_over_scan(&mut transaction, lease.scan).await?;
        let ready = ready(&mut transaction, lease.scan).await?;
        transaction.commit().await?;
        Ok(Fenced::Done(ready))
    }
}

struct FannedOut {
    generation: i32,
    /// False if intermediate files were missing: those of the finished ranges may be missing, too.
    keeps_results: bool,
}

async fn publish_ranges(
    transaction: &mut Transaction<'_>,
    lease: &Lease,
    fan_out: &FanOut,
) -> Result<Option<FannedOut>, CatalogError> {
    Ok(sqlx::query_as!(
        FannedOut,
        r#"UPDATE scans SET status = 'COMPRESSED', generation = generation + 1, attempts = 0, interruptions = 0,
             error_code = NULL, error_message = NULL, pages = $3, is_large = $4, work_prefix = $5, details = $6
         WHERE id = $1 AND lease = $2 AND status = 'COMPRESSING'
         RETURNING generation, returns = 0 AS "keeps_results!""#,
        lease.scan,
        lease.token,
        fan_out.pages,
        fan_out.is_large,
        fan_out.work_prefix,
        fan_out.details,
    )
    .fetch_optional(transaction.executor())
    .await?)
}

async fn replace_ranges(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    fanned_out: &FannedOut,
    ranges: &[NewRange],
) -> Result<(), CatalogError> {
    let first_indexes: Vec<i32> = ranges.iter().map(|range| range.first_index).collect();
    let page_counts: Vec<i32> = ranges.iter().map(|range| range.page_count).collect();
    let input_keys: Vec<String> = ranges.iter().map(|range| range.input_key.clone()).collect();
    sqlx::query!(
        "INSERT INTO page_ranges (scan_id, generation, number, first_index, page_count, input_key, skipped, status,
             result_key, finished_at, dispatched_at, dispatches)
         SELECT $1, $2, place - 1, new.first_index, new.page_count, new.input_key,
             skipped_in($1, new.first_index, new.page_count), coalesce(kept.status, 'WAITING'), kept.result_key,
             kept.finished_at, CASE WHEN kept.status IS NULL THEN clock_timestamp() END,
             CASE WHEN kept.status IS NULL THEN 1 ELSE 0 END
         FROM unnest($3::integer[], $4::integer[], $5::text[])
              WITH ORDINALITY AS new (first_index, page_count, input_key, place)
         LEFT JOIN page_ranges AS kept
             ON $6 AND kept.scan_id = $1 AND kept.generation = $2 - 1 AND kept.status = 'FINISHED'
             AND kept.first_index = new.first_index AND kept.page_count = new.page_count
             AND kept.skipped = skipped_in($1, new.first_index, new.page_count)",
        scan,
        fanned_out.generation,
        &first_indexes,
        &page_counts,
        &input_keys,
        fanned_out.keeps_results,
    )
    .execute(transaction.executor())
    .await?;
    sqlx::query!("DELETE FROM page_ranges WHERE scan_id = $1 AND generation < $2", scan, fanned_out.generation)
        .execute(transaction.executor())
        .await?;
    Ok(())
}

/// If all ranges kept their results, nothing is left to scan.
async fn pass_over_scan(transaction: &mut Transaction<'_>, scan: ScanId) -> Result<(), CatalogError> {
    let passed = sqlx::query!(
        "UPDATE scans SET status = 'SCANNING' WHERE id = $1 AND NOT EXISTS (
             SELECT FROM page_ranges AS ranges
             WHERE scan_id = $1 AND ranges.generation = scans.generation AND ranges.status <> 'FINISHED')",
        scan,
    )
    .execute(transaction.executor())
    .await?;
    if passed.rows_affected() > 0 {
        settle(transaction, scan).await?;
    }
    Ok(())
}

impl Catalog {
    /// Publishes the results of one page range. The last range to end makes the scan SCANNED and returns
    /// [`Task::Split`], unless the scan is deferred or waits for metadata. If any range failed, the scan is FAILED.
    pub async fn finish_range(&self, lease: &Lease, result_key: &str) -> Result<Fenced<Vec<Task>>, CatalogError> {
        lease.expect_stage(Stage::Scan)?;
        let mut transaction = self.begin().await?;
        if !lock_leased(&mut transaction, lease).await? {
            return Ok(Fenced::Lost);
        }
        sqlx::query!(
            "UPDATE page_ranges SET status = 'FINISHED', result_key = $3, error_code = NULL, error_message = NULL
             WHERE scan_id = $1 AND lease = $2 AND status = 'SCANNING'",
            lease.scan,
            lease.token,
            result_key,
        )
        .execute(transaction.executor())
        .await?;
        let ready = settle(&mut transaction, lease.scan).await?;
        transaction.commit().await?;
        Ok(Fenced::Done(ready))
    }
}

/// What split published.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Publication {
    /// The S3 prefix of the attempt that published.
    pub result_prefix: String,
    /// Printed number of the first page.
    pub first_page: i32,
    /// Printed number of the last page.
    pub last_page: i32,
    /// Counts and problems, as JSON for readers. Without the findings, which have rows of their own.
    pub summary: serde_json::Value,
    /// In order.
    pub opinions: Vec<NewOpinion>,
    /// The worst first.
    pub findings: Vec<Finding>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewOpinion {
    /// The name of its PDF below the result prefix.
    pub file: String,
    /// The S3 key of its redacted PDF.
    pub redacted_key: String,
    /// Printed number of its first page, after the correction of page numbers.
    pub first_page: i32,
    /// Printed number of its last page.
    pub last_page: i32,
    /// Index of the page with its caption, from 0.
    pub caption_page_index: i32,
    /// Index of the page with its key icon, from 0.
    pub key_page_index: i32,
}

impl Catalog {
    /// Publishes the results: the scan becomes PENDING_REVIEW with exactly these opinions and findings, and the outbox
    /// gets an event.
    pub async fn finish_split(&self, lease: &Lease, publication: &Publication) -> Result<Fenced<()>, CatalogError> {
        lease.expect_stage(Stage::Split)?;
        let mut transaction = self.begin().await?;
        if !lock_leased(&mut transaction, lease).await? {
            return Ok(Fenced::Lost);
        }
        // Before the change of status: its trigger counts the opinions and the findings for the outbox.
        replace_opinions(&mut transaction, lease.scan, &publication.opinions).await?;
        replace_findings(&mut transaction, lease.scan, &publication.findings).await?;
        publish_results(&mut transaction, lease, publication).await?;
        transaction.commit().await?;
        Ok(Fenced::Done(()))
    }
}

pub(crate) async fn publish_results(
    transaction: &mut Transaction<'_>,
    lease: &Lease,
    publication: &Publication,
) -> Result<(), CatalogError> {
    sqlx::query!(
        "UPDATE scans SET status = 'PENDING_REVIEW', attempts = 0, interruptions = 0, returns = 0, error_code = NULL,
             error_message = NULL, result_prefix = $3, first_page = $4, last_page = $5, summary = $6
         WHERE id = $1 AND lease = $2 AND status = 'SPLITTING'",
        lease.scan,
        lease.token,
        publication.result_prefix,
        publication.first_page,
        publication.last_page,
        publication.summary,
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

pub(crate) async fn replace_opinions(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    opinions: &[NewOpinion],
) -> Result<(), CatalogError> {
    sqlx::query!("DELETE FROM opinions WHERE scan_id = $1", scan).execute(transaction.executor()).await?;
    let numbers = |of: fn(&NewOpinion) -> i32| opinions.iter().map(of).collect::<Vec<i32>>();
    let files: Vec<String> = opinions.iter().map(|opinion| opinion.file.clone()).collect();
    let keys: Vec<String> = opinions.iter().map(|opinion| opinion.redacted_key.clone()).collect();
    sqlx::query!(
        "INSERT INTO opinions (scan_id, sequence, file, redacted_key, first_page, last_page, caption_page_index,
             key_page_index)
         SELECT $1, place, file, redacted_key, first_page, last_page, caption_page_index, key_page_index
         FROM unnest($2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[])
              WITH ORDINALITY
              AS new (file, redacted_key, first_page, last_page, caption_page_index, key_page_index, place)",
        scan,
        &files,
        &keys,
        &numbers(|opinion| opinion.first_page),
        &numbers(|opinion| opinion.last_page),
        &numbers(|opinion| opinion.caption_page_index),
        &numbers(|opinion| opinion.key_page_index),
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

pub(crate) async fn replace_findings(
    transaction: &mut Transaction<'_>,
    scan: ScanId,
    findings: &[Finding],
) -> Result<(), CatalogError> {
    sqlx::query!("DELETE FROM findings WHERE scan_id = $1", scan).execute(transaction.executor()).await?;
    let codes: Vec<String> = findings.iter().map(|finding| finding.code.as_str().to_owned()).collect();
    let severities: Vec<String> = findings.iter().map(|finding| finding.severity.as_str().to_owned()).collect();
    let pages: Vec<Option<i32>> =
        findings.iter().map(|finding| finding.page_index.and_then(|page| i32::try_from(page).ok())).collect();
    let messages: Vec<String> = findings.iter().map(|finding| storable(&finding.message)).collect();
    let evidence: Vec<Json<Evidence>> = findings.iter().map(|finding| storable_evidence(&finding.evidence)).collect();
    sqlx::query!(
        "INSERT INTO findings (scan_id, sequence, code, severity, page_index, message, evidence)
         SELECT $1, place, code, severity, page_index, message, evidence
         FROM unnest($2::text[], $3::text[], $4::integer[], $5::text[], $6::jsonb[])
              WITH ORDINALITY AS new (code, severity, page_index, message, evidence, place)",
        scan,
        &codes,
        &severities,
        &pages as &[Option<i32>],
        &messages,
        &evidence as &[Json<Evidence>],
    )
    .execute(transaction.executor())
    .await?;
    Ok(())
}

/// PostgreSQL stores no NUL, and what was read from a page may contain one.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn storable_evidence(evidence: &Evidence) -> Json<Evidence> {
    let mut evidence = evidence.clone();
    let labels = evidence.boxes.iter_mut().map(|found| &mut found.label);
    labels.chain(&mut evidence.readings).for_each(|text| *text = storable(text));
    Json(evidence)
}
