//! A scan in few words.

use crate::terminal::{shortened, visible};
use catalog::ScanSummary;
use domain::{Status, WaitsFor};

/// Which volume it is; the name of its file where nobody has said so.
pub fn volume(scan: &ScanSummary) -> String {
    let ScanSummary { reporter: Some(reporter), volume: Some(volume), first_page, .. } = scan else {
        let file = scan.key.rsplit('/').next().unwrap_or_default();
        return shortened(file, 40);
    };
    let page = first_page.map_or_else(String::new, |page| format!(" p. {page}"));
    shortened(&format!("{reporter} {volume}{page}"), 40)
}

/// Its status, and what it waits for if that is not just its turn.
pub fn state(scan: &ScanSummary) -> String {
    let status = scan.status.as_str();
    match (scan.waits_for, scan.superseded_by) {
        (_, Some(newer)) => format!("{status} (replaced by {newer})"),
        (Some(WaitsFor::Metadata), _) => format!("{status} (describe it)"),
        (Some(WaitsFor::Confirmation), _) => format!("{status} (confirm it)"),
        (None, None) => status.to_owned(),
    }
}

/// Page ranges that finished, of all; nothing before there are any.
pub fn progress(scan: &ScanSummary) -> String {
    match scan.ranges {
        0 => "-".to_owned(),
        ranges => format!("{}/{ranges}", scan.ranges_finished),
    }
}

/// Why it failed, or why its last attempt did. A scan that was taken up again keeps why it was stopped before: that is
/// no error of it any more.
pub fn error_code(scan: &ScanSummary) -> Option<&str> {
    let code = scan.error_code.as_deref()?;
    let is_past = is_provisional(scan) && matches!(code, "cancelled" | "superseded");
    (!is_past).then_some(code)
}

/// The same with its sentence.
pub fn error(scan: &ScanSummary) -> Option<String> {
    let code = visible(error_code(scan)?);
    Some(match scan.error_message.as_deref() {
        Some(message) => format!("{} [{code}]", visible(message)),
        None => code,
    })
}

/// Whether the error is one that the scan got over, or still may: it has not ended.
pub const fn is_provisional(scan: &ScanSummary) -> bool {
    !matches!(scan.status, Status::Failed | Status::Cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::summary;

    #[test]
    fn a_scan_that_was_taken_up_again_is_not_told_as_cancelled() {
        let mut scan = summary(7, Status::Uploaded);
        scan.error_code = Some("cancelled".to_owned());
        assert_eq!(error(&scan), None);
        scan.status = Status::Cancelled;
        assert_eq!(error(&scan), Some("cancelled".to_owned()));
        (scan.status, scan.error_code) = (Status::Scanning, Some("deadline".to_owned()));
        assert_eq!(error(&scan), Some("deadline".to_owned()));
    }
}
