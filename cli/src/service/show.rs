//! `quire show`: everything about one scan, in paragraphs.

use super::arguments::{RESULT_BUCKET, Show};
use super::connection;
use super::error::ServiceError;
use super::report::{Table, advice, age, error, is_provisional, phrase, progress, state, timestamp, volume};
use super::settings::Settings;
use crate::findings;
use crate::terminal::{megabytes, print, print_json, visible};
use catalog::{OpinionDetail, RangeDetail, ScanDetail, ScanSummary, SkippedPage};
use domain::count;
use engine::cancellation::Cancellation;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    detail: &'a ScanDetail,
    outputs: Vec<Output>,
}

pub fn run(arguments: &Show, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.database.service, cancellation)?;
    let database = settings.required_database(&arguments.database)?;
    let bucket = settings.optional(arguments.results.result_bucket.as_deref(), RESULT_BUCKET);
    let scan = arguments.scan;
    let found = connection::run(cancellation, Duration::ZERO, async {
        Ok(connection::catalog(&database).await?.require_scan(scan).await?)
    })?;
    if arguments.json {
        print_json(&Shown { detail: &found, outputs: outputs(&found, bucket.as_deref()) })?;
    } else {
        print(&detail(&found, bucket.as_deref(), OffsetDateTime::now_utc()))?;
    }
    Ok(())
}

fn detail(scan: &ScanDetail, result_bucket: Option<&str>, now: OffsetDateTime) -> String {
    let outputs = outputs(scan, result_bucket);
    let paragraphs = [
        head(scan, now),
        ranges(scan),
        opinions(&scan.opinions, result_bucket),
        finding_lines(scan),
        output_lines(&outputs, result_bucket.is_some()),
        problems(scan),
        timeline(scan),
    ];
    paragraphs.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn head(scan: &ScanDetail, now: OffsetDateTime) -> Option<String> {
    let summary = &scan.scan.summary;
    let mut lines = vec![format!("scan {}: {}", summary.id, state(summary))];
    let mut line = |name: &str, text: Option<String>| {
        lines.extend(text.map(|text| format!("{name:<11}{text}")));
    };
    line("volume", Some(named_volume(scan)));
    line("upload", Some(visible(&format!("s3://{}/{}", scan.scan.bucket, summary.key))));
    line("version", Some(visible(&scan.scan.version_id)));
    line("size", Some(size(scan)));
    line("recorded", Some(since(summary.created_at, now)));
    line("uploader", uploader(scan));
    line("skipped", skipped(scan));
    line(
        "deferred",
        summary.not_before.filter(|until| *until > now).map(|until| format!("until {}", timestamp(until))),
    );
    line("worker", worker(scan, now));
    line("ended", summary.finished_at.map(|ended| since(ended, now)));
    line(if is_provisional(summary) { "last error" } else { "error" }, error(summary));
    line("to do", advice(summary));
    Some(lines.join("\n"))
}

fn named_volume(scan: &ScanDetail) -> String {
    let last = scan.scan.last_page.map_or_else(String::new, |page| format!("-{page}"));
    match scan.scan.summary.reporter {
        Some(_) => format!("{}{last}", volume(&scan.scan.summary)),
        None => "unknown".to_owned(),
    }
}

fn size(scan: &ScanDetail) -> String {
    let ScanSummary { size_bytes, pages, .. } = scan.scan.summary;
    let bytes = megabytes(u64::try_from(size_bytes).unwrap_or_default());
    let lane = if scan.scan.is_large { ", in the lane for large volumes" } else { "" };
    pages.map_or_else(|| bytes.clone(), |pages| format!("{bytes}, {}{lane}", count(pages, "page")))
}

/// As S3 names them.
fn uploader(scan: &ScanDetail) -> Option<String> {
    let name = scan.scan.uploader.as_deref().map(visible);
    if scan.scan.is_bulk {
        return Some(format!("{}, in the lane for bulk uploads", name.as_deref().unwrap_or("unknown")));
    }
    name
}

/// The pages that a person had skipped.
fn skipped(scan: &ScanDetail) -> Option<String> {
    let by = |actor: &str| format!(" (by {})", visible(actor));
    let page = |page: &SkippedPage| format!("page {}{}", page.page, page.actor.as_deref().map(by).unwrap_or_default());
    let pages: Vec<String> = scan.skipped.iter().map(page).collect();
    (!pages.is_empty()).then(|| pages.join(", "))
}

fn since(moment: OffsetDateTime, now: OffsetDateTime) -> String {
    format!("{} ({} ago)", timestamp(moment), age(now - moment))
}

fn worker(scan: &ScanDetail, now: OffsetDateTime) -> Option<String> {
    let (started, heard) = (scan.scan.processing_started_at?, scan.scan.heartbeat_at?);
    Some(format!("busy for {}, last heard of {} ago", age(now - started), age(now - heard)))
}

fn ranges(scan: &ScanDetail) -> Option<String> {
    let mut table = Table::new("  ", &["RANGE", "PAGES", "STATUS", "FAILED ATTEMPTS", "INTERRUPTIONS", "ERROR"]);
    scan.ranges.iter().for_each(|range| table.row(range_row(range)));
    let is_any = !scan.ranges.is_empty();
    is_any.then(|| format!("ranges: {} finished\n{}", progress(&scan.scan.summary), table.render()))
}

fn range_row(range: &RangeDetail) -> Vec<String> {
    let RangeDetail { number, first_index, page_count, status, attempts, interruptions, .. } = range;
    let pages = format!("{}-{}", first_index + 1, first_index + page_count);
    let text = |value: &Option<String>| value.as_deref().map(visible);
    let error = match (text(&range.error_code), text(&range.error_message)) {
        (Some(code), Some(message)) => format!("{message} [{code}]"),
        (code, _) => code.unwrap_or_default(),
    };
    let counts = [attempts, interruptions].map(ToString::to_string);
    let [attempts, interruptions] = counts;
    vec![number.to_string(), pages, status.to_string(), attempts, interruptions, error]
}

fn opinions(opinions: &[OpinionDetail], bucket: Option<&str>) -> Option<String> {
    let mut table = Table::new("  ", &["OPINION", "PAGES", "REDACTED"]);
    for OpinionDetail { sequence, redacted_key, first_page, last_page, .. } in opinions {
        let address = bucket.map_or_else(|| redacted_key.clone(), |bucket| format!("s3://{bucket}/{redacted_key}"));
        table.row(vec![sequence.to_string(), format!("{first_page}-{last_page}"), visible(&address)]);
    }
    (!opinions.is_empty()).then(|| format!("opinions: {}\n{}", opinions.len(), table.render()))
}

/// In the words of `quire process`. None before they are derived.
fn finding_lines(scan: &ScanDetail) -> Option<String> {
    Some(findings::lines(scan.scan.summary.finding_counts?, &scan.findings).join("\n"))
}

/// Files in folders are counted, not listed: there may be a thousand pictures.
fn output_lines(outputs: &[Output], is_bucket_known: bool) -> Option<String> {
    let (nested, top): (Vec<&Output>, Vec<&Output>) = outputs.iter().partition(|output| output.file.contains('/'));
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for output in nested {
        let length = output.file.find('/').map_or(0, |slash| output.address().len() - output.file.len() + slash + 1);
        *folders.entry(&output.address()[..length]).or_default() += 1;
    }
    let files = top.iter().map(|output| format!("  {}", visible(output.address())));
    let folders =
        folders.into_iter().map(|(folder, files)| format!("  {} ({})", visible(folder), count(files, "file")));
    let lines: Vec<String> = files.chain(folders).collect();
    let place = if is_bucket_known { "" } else { " (keys; set QUIRE_RESULT_BUCKET to see URLs)" };
    (!lines.is_empty()).then(|| format!("outputs{place}:\n{}", lines.join("\n")))
}

fn problems(scan: &ScanDetail) -> Option<String> {
    let problems = scan.scan.results.as_ref()?.get("problems")?.as_array()?;
    let line = |problem: &serde_json::Value| {
        let page = problem.get("page_index")?.as_u64()? + 1;
        let text = |name: &str| problem.get(name).and_then(|value| value.as_str()).map(visible).unwrap_or_default();
        Some(format!("  page {page}: {} [{}]", text("reason"), text("code")))
    };
    let lines: Vec<String> = problems.iter().filter_map(line).collect();
    (!lines.is_empty()).then(|| format!("pages with problems:\n{}", lines.join("\n")))
}

fn timeline(scan: &ScanDetail) -> Option<String> {
    let lines: Vec<String> =
        scan.events.iter().map(|event| format!("  {}  {}", timestamp(event.at), phrase(event))).collect();
    (!lines.is_empty()).then(|| format!("timeline:\n{}", lines.join("\n")))
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// The name below the prefix of the results.
    pub file: String,
    key: String,
    /// The bucket and the key, if the bucket is known.
    url: Option<String>,
}

impl Output {
    /// The URL, or else the key.
    fn address(&self) -> &str {
        self.url.as_deref().unwrap_or(&self.key)
    }
}

/// Every file that split published.
pub fn outputs(scan: &ScanDetail, bucket: Option<&str>) -> Vec<Output> {
    let Some(prefix) = scan.scan.result_prefix.as_deref() else { return Vec::new() };
    scan.files()
        .map(|file| {
            let key = format!("{prefix}{file}");
            let url = bucket.map(|bucket| format!("s3://{bucket}/{key}"));
            Output { file: file.to_owned(), key, url }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::{self, NOW};
    use domain::{FindingCounts, Severity, Status};
    use serde_json::json;

    #[test]
    fn everything_is_shown() {
        let scan = testing::detail(12, Status::PendingReview);
        insta::assert_snapshot!(detail(&scan, Some("results"), NOW), @r"
        scan 12: PENDING_REVIEW
        volume     a3d 217 p. 101-150
        upload     s3://uploads/original_scans/a3d/217/101/a3d.217.101.150.original.pdf
        version    version
        size       2.5 MB, 50 pages
        recorded   2026-11-20 09:41:07 UTC (18m 53s ago)
        to do      Review the outputs, then approve the scan. Command: quire approve 12

        ranges: 1/2 finished
          RANGE  PAGES  STATUS    FAILED ATTEMPTS  INTERRUPTIONS  ERROR
          0      1-25   FINISHED  0                0
          1      26-50  WAITING   0                0

        opinions: 1
          OPINION  PAGES    REDACTED
          1        103-105  s3://results/results/12/token/redacted/a3d.217.0103-0105.pdf

        outputs:
          s3://results/results/12/token/a3d.217.101.150.pdf
          s3://results/results/12/token/detections.json
          s3://results/results/12/token/images/ (2 files)

        timeline:
          2026-11-20 09:41:07 UTC  uploaded
          2026-11-20 09:41:07 UTC  range 0 finished
        ");
    }

    #[test]
    fn the_uploader_is_named_with_the_lane() {
        let mut scan = testing::detail(12, Status::PendingReview);
        assert_eq!(uploader(&scan), None);
        scan.scan.is_bulk = true;
        assert_eq!(uploader(&scan).as_deref(), Some("unknown, in the lane for bulk uploads"));
        scan.scan.uploader = Some("AWS:AIDA\u{202e}".to_owned());
        let text = detail(&scan, None, NOW);
        assert!(text.contains("uploader   AWS:AIDA\\u{202e}, in the lane for bulk uploads"), "{text}");
    }

    #[test]
    fn a_failed_scan_says_why_and_what_to_do() {
        let mut scan = testing::detail(12, Status::Failed);
        scan.scan.summary.error_code = Some("retries_exhausted".to_owned());
        scan.scan.summary.error_message = Some("objects.unreachable: S3\u{1b}]0;owned\u{7} is away".to_owned());
        (scan.opinions, scan.scan.results, scan.scan.summary.reporter) = (Vec::new(), None, None);
        scan.ranges[1].error_code = Some("external.timed_out".to_owned());
        insta::assert_snapshot!(detail(&scan, None, NOW), @r"
        scan 12: FAILED
        volume     unknown
        upload     s3://uploads/original_scans/a3d/217/101/a3d.217.101.150.original.pdf
        version    version
        size       2.5 MB, 50 pages
        recorded   2026-11-20 09:41:07 UTC (18m 53s ago)
        error      objects.unreachable: S3\u{1b}]0;owned\u{7} is away [retries_exhausted]
        to do      Fix the cause, then retry the scan or redrive its message from the dead-letter queue. Command: quire retry 12

        ranges: 1/2 finished
          RANGE  PAGES  STATUS    FAILED ATTEMPTS  INTERRUPTIONS  ERROR
          0      1-25   FINISHED  0                0
          1      26-50  WAITING   0                0              external.timed_out

        timeline:
          2026-11-20 09:41:07 UTC  uploaded
          2026-11-20 09:41:07 UTC  range 0 finished
        ");
    }

    #[test]
    fn findings_are_listed_the_worst_first() {
        let mut scan = testing::detail(12, Status::PendingReview);
        scan.scan.summary.finding_counts = Some(FindingCounts::default());
        assert_eq!(finding_lines(&scan).as_deref(), Some("findings: none"));
        scan.scan.summary.finding_counts = Some(FindingCounts { must_look: 2, should_look: 1, note: 1 });
        scan.findings = vec![
            testing::finding(Severity::MustLook, Some(3)),
            testing::finding(Severity::MustLook, None),
            testing::finding(Severity::ShouldLook, Some(41)),
            testing::finding(Severity::Note, Some(9)),
        ];
        scan.findings[1].message = "The name is\u{1b}[2J".to_owned();
        scan.findings[1].code = "of.a.newer.version\u{7}".to_owned();
        insta::assert_snapshot!(finding_lines(&scan).unwrap(), @r"
        findings: 2 must look, 1 should look, 1 note
          must look    page 4     The printed numbers jump forward: pages are missing here. [finding.pages_missing]
          must look    volume     The name is\u{1b}[2J [of.a.newer.version\u{7}]
          should look  page 42    The printed numbers jump forward: pages are missing here. [finding.pages_missing]
        ");
        let text = detail(&scan, None, NOW);
        assert!(text.contains("to do      2 findings must be looked at. Review the outputs"), "{text}");
    }

    #[test]
    fn pages_with_problems_are_listed() {
        let mut scan = testing::detail(12, Status::PendingReview);
        let problem = json!({ "page_index": 4, "code": "page.damaged", "reason": "its image breaks off" });
        scan.scan.results = Some(json!({ "files": ["a.pdf"], "problems": [problem] }));
        let text = detail(&scan, None, NOW);
        assert!(text.contains("  page 5: its image breaks off [page.damaged]"), "{text}");
        assert!(text.contains("outputs (keys; "), "{text}");
    }

    #[test]
    fn an_output_has_a_url_if_the_bucket_is_known() {
        let scan = testing::detail(12, Status::PendingReview);
        let outputs = outputs(&scan, Some("results"));
        assert_eq!(outputs[0].address(), "s3://results/results/12/token/a3d.217.101.150.pdf");
        assert_eq!(super::outputs(&scan, None)[0].address(), "results/12/token/a3d.217.101.150.pdf");
    }

    #[test]
    fn there_are_no_outputs_before_split() {
        let mut scan = testing::detail(12, Status::Scanning);
        scan.scan.result_prefix = None;
        assert_eq!(outputs(&scan, Some("results")), []);
    }
}
