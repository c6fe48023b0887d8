//! One scan in a few words, and what a person can do about it.

use super::format::shortened;
use crate::findings::count;
use crate::terminal::visible;
use catalog::ScanSummary;
use domain::{FailureClass, FailureCode, ScanId, Status, WaitsFor};

/// The volume, or the name of the file while nobody has named the volume.
pub fn volume(scan: &ScanSummary) -> String {
    let ScanSummary { reporter: Some(reporter), volume: Some(volume), first_page, .. } = scan else {
        let file = scan.key.rsplit('/').next().unwrap_or_default();
        return shortened(file, 40);
    };
    let page = first_page.map_or_else(String::new, |page| format!(" p. {page}"));
    shortened(&format!("{reporter} {volume}{page}"), 40)
}

/// The status, and what the scan waits for if a person must act.
pub fn state(scan: &ScanSummary) -> String {
    let status = scan.status.as_str();
    match (scan.waits_for, scan.superseded_by) {
        (_, Some(newer)) => format!("{status} (replaced by {newer})"),
        (Some(WaitsFor::Metadata), _) => format!("{status} (describe it)"),
        (Some(WaitsFor::Confirmation), _) => format!("{status} (confirm it)"),
        (None, None) => status.to_owned(),
    }
}

/// Finished page ranges of all page ranges.
pub fn progress(scan: &ScanSummary) -> String {
    match scan.ranges {
        0 => "-".to_owned(),
        ranges => format!("{}/{ranges}", scan.ranges_finished),
    }
}

/// How many findings of each severity it has, once they are derived.
pub fn findings(scan: &ScanSummary) -> String {
    scan.finding_counts.map_or_else(|| "-".to_owned(), count)
}

/// Why the scan or its last attempt failed. A scan that was retried keeps the code of its cancellation, which is no
/// error anymore.
pub fn error_code(scan: &ScanSummary) -> Option<&str> {
    let code = scan.error_code.as_deref()?;
    let is_past = is_provisional(scan) && matches!(code, "cancelled" | "superseded");
    (!is_past).then_some(code)
}

/// The message and the code in brackets.
pub fn error(scan: &ScanSummary) -> Option<String> {
    let code = visible(error_code(scan)?);
    Some(match scan.error_message.as_deref() {
        Some(message) => format!("{} [{code}]", visible(message)),
        None => code,
    })
}

/// Whether the error is one that the scan recovered from or may still recover from.
pub const fn is_provisional(scan: &ScanSummary) -> bool {
    !matches!(scan.status, Status::Failed | Status::Cancelled)
}

/// What to do about a scan that does not continue by itself.
pub fn advice(scan: &ScanSummary) -> Option<String> {
    let id = scan.id;
    if let Some(newer) = scan.superseded_by {
        return Some(with_command(FailureCode::Superseded.advice(), &format!("quire show {newer}")));
    }
    match (scan.status, scan.waits_for) {
        (Status::Failed, _) => Some(advice_for_failure(id, scan.error_code.as_deref().unwrap_or_default())),
        (Status::Cancelled, _) => Some(with_command(FailureCode::Cancelled.advice(), &format!("quire retry {id}"))),
        (Status::PendingReview, _) => Some(with_command(&advice_for_review(scan), &format!("quire approve {id}"))),
        (_, Some(WaitsFor::Metadata)) => Some(with_command(
            "Say which volume it is.",
            &format!("quire describe {id} --reporter REPORTER --volume VOLUME --first-page N"),
        )),
        (_, Some(WaitsFor::Confirmation)) => Some(format!(
            "The scan would replace an approved scan with the same key. To replace it: quire confirm {id}. To keep it: \
             quire cancel {id}"
        )),
        _ => None,
    }
}

fn advice_for_review(scan: &ScanSummary) -> String {
    let review = "Review the outputs, then approve the scan.";
    match scan.finding_counts.unwrap_or_default().must_look {
        0 => review.to_owned(),
        must_look => format!("{} must be looked at. {review}", domain::count(must_look, "finding")),
    }
}

fn advice_for_failure(scan: ScanId, code: &str) -> String {
    let retry = format!("quire retry {scan}");
    match FailureCode::parse(code) {
        Some(code) if code.class() == FailureClass::Input => with_command(code.advice(), "quire upload FILE"),
        Some(code) => with_command(code.advice(), &retry),
        None => with_command("Retry the scan when the cause of the error is gone.", &retry),
    }
}

fn with_command(advice: &str, command: &str) -> String {
    format!("{advice} Command: {command}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::summary;
    use domain::FindingCounts;

    #[test]
    fn a_retried_scan_is_not_reported_as_cancelled() {
        let mut scan = summary(7, Status::Uploaded);
        scan.error_code = Some("cancelled".to_owned());
        assert_eq!(error(&scan), None);
        scan.status = Status::Cancelled;
        assert_eq!(error(&scan), Some("cancelled".to_owned()));
        (scan.status, scan.error_code) = (Status::Scanning, Some("deadline".to_owned()));
        assert_eq!(error(&scan), Some("deadline".to_owned()));
    }

    fn failed(code: &str) -> Option<String> {
        let mut scan = summary(7, Status::Failed);
        scan.error_code = Some(code.to_owned());
        advice(&scan)
    }

    #[test]
    fn a_failure_says_who_can_fix_it() {
        assert!(failed("retries_exhausted").unwrap().ends_with("quire retry 7"));
        assert!(failed("interrupted").unwrap().contains("memory"));
        assert!(failed("source.encrypted").unwrap().contains("quire upload"));
        assert!(failed("of.a.newer.version").unwrap().ends_with("quire retry 7"));
    }

    #[test]
    fn a_person_is_told_what_the_scan_waits_for() {
        let mut scan = summary(7, Status::Scanned);
        assert_eq!(advice(&scan), None);
        scan.waits_for = Some(WaitsFor::Metadata);
        assert!(advice(&scan).unwrap().contains("quire describe 7"));
        (scan.status, scan.waits_for) = (Status::Uploaded, Some(WaitsFor::Confirmation));
        assert!(advice(&scan).unwrap().contains("quire confirm 7"));
    }

    #[test]
    fn a_reviewer_is_told_how_many_findings_must_be_looked_at() {
        let mut scan = summary(7, Status::PendingReview);
        let mut told = |must_look| {
            scan.finding_counts = Some(FindingCounts { must_look, should_look: 3, note: 0 });
            advice(&scan).unwrap()
        };
        assert!(told(0).starts_with("Review the outputs"));
        assert!(told(1).starts_with("1 finding must be looked at. Review the outputs"));
        assert!(told(2).starts_with("2 findings must be looked at. Review the outputs"));
    }

    #[test]
    fn a_replaced_scan_leads_to_the_newer_one() {
        let mut scan = summary(7, Status::Failed);
        scan.superseded_by = Some(9);
        assert!(advice(&scan).unwrap().ends_with("quire show 9"));
    }
}
