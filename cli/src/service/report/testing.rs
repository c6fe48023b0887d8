//! Scans for the tests of reports.

use catalog::{Event, FindingDetail, OpinionDetail, RangeDetail, ScanDetail, ScanRow, ScanSummary};
use domain::{FailureCode, RangeStatus, Severity, Status};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

/// The time of every report.
pub const NOW: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

const CREATED: OffsetDateTime = datetime!(2026-11-20 09:41:07 UTC);

/// A scan with one of two ranges finished.
pub fn summary(id: i64, status: Status) -> ScanSummary {
    ScanSummary {
        id,
        key: "original_scans/a3d/217/101/a3d.217.101.150.original.pdf".to_owned(),
        status,
        failed_stage: None,
        waits_for: None,
        reporter: Some("a3d".to_owned()),
        volume: Some("217".to_owned()),
        first_page: Some(101),
        pages: Some(50),
        size_bytes: 2_500_000,
        ranges: 2,
        ranges_finished: 1,
        opinions: 0,
        finding_counts: None,
        attempts: 0,
        interruptions: 0,
        error_code: None,
        error_message: None,
        superseded_by: None,
        not_before: None,
        created_at: CREATED,
        updated_at: CREATED,
        finished_at: None,
    }
}

pub fn detail(id: i64, status: Status) -> ScanDetail {
    let files = ["a3d.217.101.150.pdf", "detections.json", "images/0101-001.png", "images/0102-001.png"];
    let scan = ScanRow {
        summary: summary(id, status),
        bucket: "uploads".to_owned(),
        version_id: "version".to_owned(),
        etag: "etag".to_owned(),
        last_page: Some(150),
        generation: 1,
        is_large: false,
        uploader: None,
        is_bulk: false,
        work_prefix: Some(format!("work/{id}/token/")),
        result_prefix: Some(format!("results/{id}/token/")),
        details: json!({}),
        results: Some(json!({ "files": files, "problems": [] })),
        processing_started_at: None,
        heartbeat_at: None,
        dispatched_at: None,
    };
    let ranges = vec![range(0, RangeStatus::Finished), range(1, RangeStatus::Waiting)];
    let events = vec![event("uploaded", json!({})), event("range_finished", json!({ "range": 0 }))];
    let skipped = Vec::new();
    ScanDetail { scan, ranges, skipped, opinions: vec![opinion(id)], findings: Vec::new(), events }
}

pub fn range(number: i32, status: RangeStatus) -> RangeDetail {
    RangeDetail {
        number,
        first_index: 25 * number,
        page_count: 25,
        status,
        attempts: 0,
        interruptions: 0,
        error_code: None,
        error_message: None,
        pages_at_work: Vec::new(),
        suspects: Vec::new(),
        input_key: format!("work/12/token/range-{number:04}.pdf"),
        result_key: None,
        processing_started_at: None,
        heartbeat_at: None,
        finished_at: None,
    }
}

fn opinion(id: i64) -> OpinionDetail {
    OpinionDetail {
        sequence: 1,
        file: "a3d.217.0103-0105.pdf".to_owned(),
        redacted_key: format!("results/{id}/token/redacted/a3d.217.0103-0105.pdf"),
        first_page: 103,
        last_page: 105,
        caption_page_index: 2,
        key_page_index: 4,
    }
}

pub fn finding(severity: Severity, page_index: Option<i32>) -> FindingDetail {
    let code = FailureCode::FindingPagesMissing;
    let (message, evidence) = (code.meaning().to_owned(), json!({}));
    FindingDetail { code: code.to_string(), severity, page_index, message, evidence }
}

pub fn event(kind: &str, detail: Value) -> Event {
    Event { at: CREATED, kind: kind.to_owned(), detail, actor: None }
}
