//! How changes are told: redrawn on a terminal, one line or one object a change elsewhere.

use super::Ending;
use super::live::Live;
use crate::report::{advice, phrase, progress, state, volume};
use crate::service::ServiceError;
use crate::terminal::{age, clock, print, print_json, visible};
use catalog::{Event, ScanSummary};
use serde::Serialize;
use std::io::IsTerminal;
use time::OffsetDateTime;

/// How changes are told.
#[derive(Debug)]
pub enum View {
    /// A terminal.
    Live(Live),
    /// Lines.
    Lines,
    /// JSON objects.
    Json,
}

#[derive(Serialize)]
struct Change<'a> {
    scan: &'a ScanSummary,
    event: Option<&'a Event>,
}

impl View {
    /// The view for standard output and error as they are.
    pub fn new(as_json: bool) -> Self {
        let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        match (as_json, is_terminal) {
            (true, _) => Self::Json,
            (false, true) => Self::Live(Live::new()),
            (false, false) => Self::Lines,
        }
    }

    /// Tells a change: where a scan is, and what happened to it since it was last looked at; nothing of that when it is
    /// seen for the first time.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn changed(&mut self, scan: &ScanSummary, events: Option<&[Event]>) -> Result<(), ServiceError> {
        match self {
            Self::Live(live) => live.changed(scan),
            Self::Lines => lines(scan, events).iter().try_for_each(|line| print(line)),
            Self::Json => objects(scan, events).iter().try_for_each(print_json),
        }
    }

    /// Redraws what a terminal shows.
    pub fn refresh<'a>(&mut self, scans: impl Iterator<Item = &'a ScanSummary>, now: OffsetDateTime) {
        if let Self::Live(live) = self {
            live.refresh(scans, now);
        }
    }

    /// Tells something that is no result.
    pub fn note(&self, text: &str) {
        match self {
            Self::Live(live) => live.note(text),
            Self::Lines | Self::Json => eprintln!("{text}"),
        }
    }
}

fn objects<'a>(scan: &'a ScanSummary, events: Option<&'a [Event]>) -> Vec<Change<'a>> {
    match events {
        Some(events) if !events.is_empty() => events.iter().map(|event| Change { scan, event: Some(event) }).collect(),
        _ => vec![Change { scan, event: None }],
    }
}

fn lines(scan: &ScanSummary, events: Option<&[Event]>) -> Vec<String> {
    let said = |event: &Event| format!("{}  scan {}: {}", clock(event.at), scan.id, phrase(event));
    let mut lines: Vec<String> = events.unwrap_or_default().iter().map(said).collect();
    if Ending::of(scan).is_some() {
        lines.extend(ending(scan));
    } else if lines.is_empty() {
        lines.push(format!("scan {}: {}, {}, ranges {}", scan.id, volume(scan), state(scan), progress(scan)));
    }
    lines
}

/// Where a scan has come to, and what can be done.
pub fn ending(scan: &ScanSummary) -> Vec<String> {
    let took = scan.finished_at.map(|ended| format!(" after {}", age(ended - scan.created_at))).unwrap_or_default();
    let opinions = if scan.opinions > 0 { format!(", {} opinions", scan.opinions) } else { String::new() };
    let code = scan.error_code.as_deref().map(|code| format!(" [{}]", visible(code))).unwrap_or_default();
    let message = scan.error_message.as_deref().map(|message| format!(": {}", visible(message))).unwrap_or_default();
    let first = format!("scan {}: {}, {}{opinions}{took}{message}{code}", scan.id, volume(scan), state(scan));
    [Some(first), advice(scan).map(|advice| format!("  {advice}"))].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{event, summary};
    use domain::Status;
    use serde_json::json;
    use time::macros::datetime;

    #[test]
    fn a_line_a_change() {
        let scan = summary(12, Status::Scanning);
        let events = [event("scanning", json!({})), event("range_finished", json!({ "range": 0 }))];
        let told = [lines(&scan, None), lines(&scan, Some(&events)), lines(&scan, Some(&[]))].concat();
        insta::assert_snapshot!(told.join("\n"), @r"
        scan 12: a3d 217 p. 101, SCANNING, ranges 1/2
        09:41:07  scan 12: scanning
        09:41:07  scan 12: range 0 finished
        scan 12: a3d 217 p. 101, SCANNING, ranges 1/2
        ");
    }

    #[test]
    fn an_end_is_told_with_what_can_be_done() {
        let mut scan = summary(12, Status::PendingReview);
        (scan.opinions, scan.finished_at) = (3, Some(datetime!(2026-11-20 9:43:10 UTC)));
        let mut failed = summary(13, Status::Failed);
        (failed.error_code, failed.error_message) = (Some("deadline".to_owned()), Some("too\u{7} late".to_owned()));
        let told = [lines(&scan, None), lines(&failed, Some(&[event("failed", json!({ "code": "deadline" }))]))];
        insta::assert_snapshot!(told.concat().join("\n"), @r"
        scan 12: a3d 217 p. 101, PENDING_REVIEW, 3 opinions after 2m 3s
          look at the outputs, then: quire approve 12
        09:41:07  scan 13: failed: [deadline]
        scan 13: a3d 217 p. 101, FAILED: too\u{7} late [deadline]
          it does not fit into the function's time; give it more, then: quire retry 13
        ");
    }

    #[test]
    fn an_object_a_change() {
        let scan = summary(12, Status::Scanning);
        let events = [event("scanning", json!({})), event("range_finished", json!({ "range": 0 }))];
        assert_eq!(objects(&scan, Some(&events)).len(), 2);
        let first = serde_json::to_value(&objects(&scan, None)[0]).unwrap();
        assert_eq!((&first["event"], &first["scan"]["id"]), (&json!(null), &json!(12)));
    }
}
