//! What the console says about scans, in the words of the people who upload them.

use catalog::{Event, ScanSummary};
pub use domain::count;
use domain::{FailureCode, Stage, Status, WaitsFor};
use serde_json::Value;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

/// The volume, or the name of the file while nobody has named the volume.
pub fn volume(scan: &ScanSummary) -> String {
    match (&scan.reporter, &scan.volume, scan.first_page) {
        (Some(reporter), Some(volume), Some(page)) => format!("{volume} {reporter}, from page {page}"),
        (Some(reporter), Some(volume), None) => format!("{volume} {reporter}"),
        _ => file(&scan.key).to_owned(),
    }
}

/// The last part of a key.
pub fn file(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

/// The state in two or three words, for a list.
pub fn state(scan: &ScanSummary) -> &'static str {
    match (scan.waits_for, scan.superseded_by) {
        (_, Some(_)) => "Replaced",
        (Some(WaitsFor::Metadata), _) => "Needs its name",
        (Some(WaitsFor::Confirmation), _) => "Needs a decision",
        (None, None) => status(scan.status),
    }
}

pub const fn status(status: Status) -> &'static str {
    match status {
        Status::Uploaded => "Waiting to be compressed",
        Status::Compressing => "Being compressed",
        Status::Compressed => "Waiting to be read",
        Status::Scanning => "Being read",
        Status::Scanned => "Waiting to be split",
        Status::Splitting => "Being split",
        Status::PendingReview => "Ready for review",
        Status::Approved => "Approved",
        Status::Failed => "Failed",
        Status::Cancelled => "Cancelled",
    }
}

pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Compress => "compressing",
        Stage::Scan => "reading",
        Stage::Split => "splitting",
    }
}

/// The class of the state's colour in the style sheet.
pub const fn tone(scan: &ScanSummary) -> &'static str {
    match (scan.status, scan.waits_for, scan.superseded_by) {
        (_, _, Some(_)) | (Status::Cancelled, ..) => "quiet",
        (Status::Failed, ..) => "bad",
        (Status::PendingReview, ..) | (_, Some(_), _) => "asks",
        (Status::Approved, ..) => "good",
        _ => "works",
    }
}

/// One sentence about a scan: what happens, or what a person has to do.
pub fn sentence(scan: &ScanSummary) -> String {
    if let Some(newer) = scan.superseded_by {
        return format!("A newer upload of the same file, scan {newer}, replaced it.");
    }
    match (scan.status, scan.waits_for) {
        (_, Some(WaitsFor::Metadata)) => "Its pages are read. Say which volume it is, and it continues.".to_owned(),
        (_, Some(WaitsFor::Confirmation)) => {
            "It would replace an approved volume. Decide whether it should.".to_owned()
        }
        (Status::Failed, _) => scan.error_message.clone().unwrap_or_else(|| "It failed.".to_owned()),
        (Status::Cancelled, _) => match scan.error_code.as_deref() {
            Some("deleted") => "Its results were deleted.".to_owned(),
            _ => "A person cancelled it.".to_owned(),
        },
        (Status::Scanning, _) => format!("{} of {} parts are read.", scan.ranges_finished, scan.ranges),
        (Status::PendingReview, _) => match scan.finding_counts.unwrap_or_default().must_look {
            0 => format!("{} are ready. Nothing looks wrong to the machine.", count(scan.opinions, "opinion")),
            must => {
                format!("{} are ready. {} must be looked at.", count(scan.opinions, "opinion"), count(must, "finding"))
            }
        },
        (Status::Approved, _) => format!("{} approved.", count(scan.opinions, "opinion")),
        (waiting, _) if waiting.is_waiting() && scan.attempts > 0 => {
            let message = scan.error_message.as_deref().unwrap_or("The last attempt failed.");
            format!("{message} It is tried again by itself.")
        }
        (other, _) => format!("{}.", status(other)),
    }
}

/// How much of the work is done, 0 to 100.
pub fn percent(scan: &ScanSummary) -> i64 {
    match scan.status {
        Status::Uploaded => 2,
        Status::Compressing => 8,
        Status::Compressed => 15,
        Status::Scanning => 15 + 70 * scan.ranges_finished / scan.ranges.max(1),
        Status::Scanned => 86,
        Status::Splitting => 92,
        Status::PendingReview | Status::Approved => 100,
        Status::Failed | Status::Cancelled => 0,
    }
}

/// How long ago, in its largest unit.
pub fn ago(moment: &OffsetDateTime) -> String {
    match (OffsetDateTime::now_utc() - *moment).max(Duration::ZERO) {
        length if length < Duration::minutes(1) => "just now".to_owned(),
        length => format!("{} ago", length_of(length)),
    }
}

/// In the largest unit that fits, rounded down.
pub fn length_of(length: Duration) -> String {
    match length.whole_seconds() {
        seconds @ ..60 => count(seconds, "second"),
        seconds @ 60..3_600 => count(seconds / 60, "minute"),
        seconds @ 3_600..86_400 => count(seconds / 3_600, "hour"),
        seconds => count(seconds / 86_400, "day"),
    }
}

/// For the `datetime` of a `time` element, and for its title.
pub fn moment(moment: &OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    moment.to_offset(UtcOffset::UTC).format(format).unwrap_or_default()
}

/// The day and the minute, in UTC.
pub fn minute(moment: &OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    moment.to_offset(UtcOffset::UTC).format(format).unwrap_or_default()
}

pub fn clock(moment: &OffsetDateTime) -> String {
    let format = format_description!("[hour]:[minute]:[second] UTC");
    moment.to_offset(UtcOffset::UTC).format(format).unwrap_or_default()
}

pub fn megabytes(bytes: i64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

pub fn dollars(amount: f64) -> String {
    if amount < 0.01 { "less than $0.01".to_owned() } else { format!("${amount:.2}") }
}

/// How much work of the functions so many seconds are, with the price of a second.
pub fn work(seconds: Option<f64>, price: Option<f64>) -> String {
    let Some(seconds) = seconds else {
        return "How long it takes is not known yet: too few volumes were finished.".to_owned();
    };
    let time = if seconds < 60.0 {
        "Less than a minute".to_owned()
    } else {
        format!("About {}", length_of(Duration::seconds_f64(seconds)))
    };
    let price = price.map(|price| format!(", {}", dollars(seconds * price))).unwrap_or_default();
    format!("{time} of work{price}.")
}

/// What a code means and what to do, for a person. Codes of other releases have neither.
pub fn meaning(code: &str) -> &'static str {
    FailureCode::parse(code).map_or("Another release of Quire reported this.", FailureCode::meaning)
}

pub fn advice(code: &str) -> &'static str {
    FailureCode::parse(code).map_or("", FailureCode::advice)
}

/// The pieces of a text with `commands` in it: every other one is a command.
pub fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(place, piece)| (place % 2 == 1, piece))
}

/// Numbers with commas between them.
pub fn list(numbers: &[impl ToString]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a scan does that has no finished part.
pub const FROM_THE_BEGINNING: &str = "Starts from the beginning: compresses, reads and splits.";

/// More parts than these are only counted.
const MOST_NAMED_PARTS: usize = 12;

/// How the sentence goes on that says a scan reads parts again. They are given by their numbers from 0.
pub fn parts_again(parts: &[i32], kept: usize) -> String {
    let count = |parts: usize| count(parts, "part");
    let is_named = (1..=MOST_NAMED_PARTS).contains(&parts.len());
    let numbers: Vec<i32> = parts.iter().map(|number| number + 1).collect();
    let which = if is_named { format!(" ({})", list(&numbers)) } else { String::new() };
    format!("{}{which} again, keeps {}, then splits.", count(parts.len()), count(kept))
}

/// A list of pages, with its word before it.
pub fn pages(list: &str, count: i64) -> String {
    format!("{} {list}", if count == 1 { "page" } else { "pages" })
}

/// An entry of the timeline, in words.
pub fn event(event: &Event) -> String {
    activity(&event.kind, &event.detail)
}

/// What happened, in words, from the kind and the detail of an event.
pub fn activity(kind: &str, detail: &Value) -> String {
    let (subject, kind) = match kind.strip_prefix("range_") {
        Some(kind) => {
            let number = detail.get("range").and_then(Value::as_i64).unwrap_or_default();
            (format!("Part {}: ", number + 1), kind)
        }
        None => (String::new(), kind),
    };
    let said = known(kind).map_or_else(|| kind.replace('_', " "), ToOwned::to_owned);
    let message = detail.get("message").and_then(Value::as_str);
    let is_failure = matches!(kind, "failed" | "cancelled" | "given_back" | "returned_to_compress" | "sign_in_refused");
    let reason = message.filter(|_| is_failure).map(|message| format!(": {message}")).unwrap_or_default();
    let pages = catalog::suspects(detail);
    let pages = (kind == "interrupted" && !pages.is_empty()).then(|| format!("pages {}", list(&pages)));
    let others = catalog::other_fields(detail).map(|(name, value)| format!("{name} {value}"));
    let others: Vec<String> = pages.into_iter().chain(others).collect();
    let others = if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
    let text = format!("{subject}{said}{reason}{others}");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn known(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "uploaded" => "uploaded",
        "compressing" => "compressing began",
        "compressed" => "compressed",
        "scanning" => "reading began",
        "scanned" => "all pages are read",
        "finished" => "read",
        "waiting" => "waits again",
        "splitting" => "splitting began",
        "pending_review" => "ready for review",
        "given_back" => "an attempt failed and is repeated",
        "interrupted" => "the worker was lost; it is repeated",
        "returned_to_compress" => "intermediate files were missing; compressed again",
        "retried" => "retried",
        "pages_skipped" => "pages are skipped",
        "pages_no_longer_skipped" => "skipped pages are processed again",
        "described" => "named",
        "letter_redriven" => "a dead letter was sent again",
        "letter_edited" => "a dead letter was corrected and sent again",
        "letter_discarded" => "a dead letter was discarded",
        "signed_in" => "signed in",
        "sign_in_refused" => "was refused at the sign-in",
        "signed_out_everywhere" => "signed out everywhere",
        "password_chosen" => "chose a password",
        "invited" => "invited",
        "role_changed" => "changed a role",
        "revoked" => "revoked access",
        "readmitted" => "gave access back",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_told_in_words() {
        let said = |kind: &str, detail: Value| activity(kind, &detail);
        assert_eq!(said("range_finished", json!({"range": 3, "lease": "x"})), "Part 4: read");
        assert_eq!(said("failed", json!({"code": "source.empty", "message": "It is empty."})), "Failed: It is empty.");
        assert_eq!(said("compressing", json!({"code": "deadline", "message": "late"})), "Compressing began");
        assert_eq!(said("deferred", json!({"until": "2026-12-24"})), "Deferred (until 2026-12-24)");
        let skipped = json!({"pages": [17, 20]});
        assert_eq!(said("pages_skipped", skipped), "Pages are skipped (pages 17, 20)");
        let lost = json!({"range": 0, "interruptions": 2, "suspects": [12, 14]});
        assert_eq!(said("range_interrupted", lost), "Part 1: the worker was lost; it is repeated (pages 12, 14)");
        assert_eq!(said("", json!(null)), "");
    }

    #[test]
    fn work_is_told_with_its_price() {
        assert!(work(None, Some(1.0)).contains("not known yet"));
        assert_eq!(work(Some(59.0), None), "Less than a minute of work.");
        assert_eq!(work(Some(130.0), Some(0.001)), "About 2 minutes of work, $0.13.");
        assert_eq!(work(Some(7_300.0), Some(0.000_001)), "About 2 hours of work, less than $0.01.");
    }

    #[test]
    fn lengths_are_told_in_one_unit() {
        let said = [0, 1, 59, 60, 7_300, 200_000].map(|seconds| length_of(Duration::seconds(seconds)));
        assert_eq!(said, ["0 seconds", "1 second", "59 seconds", "1 minute", "2 hours", "2 days"]);
        assert_eq!(ago(&(OffsetDateTime::now_utc() + Duration::hours(1))), "just now");
    }
}
