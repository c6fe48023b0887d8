//! `quire scans`.

use super::arguments::Scans;
use super::connection;
use super::error::ServiceError;
use super::report::{Table, age, error_code, findings, progress, state, volume};
use super::settings::Settings;
use crate::terminal::{print, print_json, visible};
use catalog::{Filter, ScanSummary};
use engine::cancellation::Cancellation;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

#[derive(Serialize)]
struct List {
    scans: Vec<ScanSummary>,
}

pub fn run(arguments: &Scans, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let database = Settings::new(&arguments.database.service, cancellation)?.required_database(&arguments.database)?;
    let filter = Filter { statuses: arguments.status.clone(), limit: arguments.limit, ..Filter::default() };
    let scans = connection::run(cancellation, Duration::ZERO, async {
        Ok(connection::catalog(&database).await?.scans(&filter).await?)
    })?;
    if arguments.json {
        return Ok(print_json(&List { scans })?);
    }
    print(&list(&scans, OffsetDateTime::now_utc()))?;
    if i64::try_from(scans.len()).is_ok_and(|count| count == arguments.limit) {
        eprintln!("These are the newest {} scans. Use --limit to list more.", arguments.limit);
    }
    Ok(())
}

fn list(scans: &[ScanSummary], now: OffsetDateTime) -> String {
    if scans.is_empty() {
        return "no scans".to_owned();
    }
    let mut table = Table::new("", &["ID", "VOLUME", "STATUS", "RANGES", "AGE", "FINDINGS", "ERROR"]);
    scans.iter().for_each(|scan| table.row(row(scan, now)));
    table.render()
}

fn row(scan: &ScanSummary, now: OffsetDateTime) -> Vec<String> {
    vec![
        scan.id.to_string(),
        volume(scan),
        state(scan),
        progress(scan),
        age(now - scan.created_at),
        findings(scan),
        error_code(scan).map(visible).unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::{NOW, summary};
    use domain::{FindingCounts, Status, WaitsFor};

    #[test]
    fn a_row_says_volume_status_ranges_age_findings_and_error() {
        let scanning = summary(12, Status::Scanning);
        let mut failed = summary(11, Status::Failed);
        failed.error_code = Some("source.encrypted\u{1b}[2J".to_owned());
        (failed.ranges, failed.ranges_finished) = (0, 0);
        let mut unnamed = summary(10, Status::Scanned);
        (unnamed.reporter, unnamed.volume, unnamed.first_page) = (None, None, None);
        unnamed.key = format!("original_scans/unsorted/{}\u{202e}.pdf", "scan".repeat(20));
        unnamed.waits_for = Some(WaitsFor::Metadata);
        let mut old = summary(9, Status::Cancelled);
        (old.superseded_by, old.error_code) = (Some(12), Some("superseded".to_owned()));
        let mut doubtful = summary(8, Status::PendingReview);
        doubtful.finding_counts = Some(FindingCounts { must_look: 2, should_look: 0, note: 1 });
        let mut clean = summary(7, Status::Approved);
        clean.finding_counts = Some(FindingCounts::default());
        insta::assert_snapshot!(list(&[scanning, failed, unnamed, old, doubtful, clean], NOW), @r"
        ID  VOLUME                                    STATUS                      RANGES  AGE      FINDINGS             ERROR
        12  a3d 217 p. 101                            SCANNING                    1/2     18m 53s  -
        11  a3d 217 p. 101                            FAILED                      -       18m 53s  -                    source.encrypted\u{1b}[2J
        10  scanscanscanscansca…scanscan\u{202e}.pdf  SCANNED (describe it)       1/2     18m 53s  -
        9   a3d 217 p. 101                            CANCELLED (replaced by 12)  1/2     18m 53s  -                    superseded
        8   a3d 217 p. 101                            PENDING_REVIEW              1/2     18m 53s  2 must look, 1 note
        7   a3d 217 p. 101                            APPROVED                    1/2     18m 53s  none
        ");
    }

    #[test]
    fn an_empty_list_says_so() {
        assert_eq!(list(&[], NOW), "no scans");
    }
}
