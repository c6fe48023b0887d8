//! What a person can do about a scan that does not go on by itself.

use catalog::ScanSummary;
use domain::{Status, WaitsFor};

/// What to do, as a sentence; nothing where the service goes on by itself.
pub fn advice(scan: &ScanSummary) -> Option<String> {
    let id = scan.id;
    if let Some(newer) = scan.superseded_by {
        return Some(format!("a newer upload of the same key replaced it: quire show {newer}"));
    }
    match (scan.status, scan.waits_for) {
        (Status::Failed, _) => Some(of_failure(id, scan.error_code.as_deref().unwrap_or_default())),
        (Status::Cancelled, _) => Some(format!("to take it up again: quire retry {id}")),
        (Status::PendingReview, _) => Some(format!("look at the outputs, then: quire approve {id}")),
        (_, Some(WaitsFor::Metadata)) => Some(format!(
            "say which volume it is: quire describe {id} --reporter REPORTER --volume VOLUME --first-page N"
        )),
        (_, Some(WaitsFor::Confirmation)) => Some(format!(
            "an approved scan of this key would be replaced; if that is right: quire confirm {id}, if not: quire cancel {id}"
        )),
        _ => None,
    }
}

fn of_failure(id: i64, code: &str) -> String {
    let retry = format!("quire retry {id}");
    match code {
        "retries_exhausted" => format!("every attempt failed; when the cause is gone: {retry}"),
        "interrupted" => format!(
            "its workers were lost each time, most likely for want of memory or time; give the function more, or cut \
             the volume; then: {retry}"
        ),
        "deadline" => format!("it does not fit into the function's time; give it more, then: {retry}"),
        "intermediates_missing" => {
            format!("its intermediate files went missing again and again; find out why, then: {retry}")
        }
        // Whatever is tried again has one of the codes above in the end: what is left is the file's own fault.
        _ => "the file is at fault; upload it mended under the same key: quire upload FILE".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::summary;

    fn failed(code: &str) -> Option<String> {
        let mut scan = summary(7, Status::Failed);
        scan.error_code = Some(code.to_owned());
        advice(&scan)
    }

    #[test]
    fn a_failure_says_who_can_mend_it() {
        assert!(failed("retries_exhausted").unwrap().ends_with("quire retry 7"));
        assert!(failed("interrupted").unwrap().contains("memory"));
        assert!(failed("source.encrypted").unwrap().contains("quire upload"));
    }

    #[test]
    fn a_person_is_told_what_is_waited_for() {
        let mut scan = summary(7, Status::Scanned);
        assert_eq!(advice(&scan), None);
        scan.waits_for = Some(WaitsFor::Metadata);
        assert!(advice(&scan).unwrap().contains("quire describe 7"));
        (scan.status, scan.waits_for) = (Status::Uploaded, Some(WaitsFor::Confirmation));
        assert!(advice(&scan).unwrap().contains("quire confirm 7"));
    }

    #[test]
    fn a_replaced_scan_leads_to_the_newer_one() {
        let mut scan = summary(7, Status::Failed);
        scan.superseded_by = Some(9);
        assert!(advice(&scan).unwrap().ends_with("quire show 9"));
    }
}
