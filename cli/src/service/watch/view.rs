//! Shows changes: redrawn in place on a terminal, elsewhere one line or one JSON object for each change.

use crate::service::error::ServiceError;
use crate::service::report::{Ending, age, clock, ending_lines, phrase, progress, state, volume};
use crate::terminal::{print, print_json};
use catalog::{Event, ScanSummary};
use domain::ScanId;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;
use time::OffsetDateTime;

#[derive(Debug)]
pub enum View {
    Live(Live),
    Lines,
    Json,
}

#[derive(Serialize)]
struct Change<'a> {
    scan: &'a ScanSummary,
    event: Option<&'a Event>,
}

impl View {
    /// Redraws lines only if standard output and standard error are terminals.
    pub fn new(as_json: bool) -> Self {
        let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        match (as_json, is_terminal) {
            (true, _) => Self::Json,
            (false, true) => Self::Live(Live::new()),
            (false, false) => Self::Lines,
        }
    }

    /// Shows a change. The events are those since the last look, or none if this is the first look.
    pub fn changed(&mut self, scan: &ScanSummary, events: Option<&[Event]>) -> Result<(), ServiceError> {
        match self {
            Self::Live(live) => live.changed(scan),
            Self::Lines => Ok(lines(scan, events).iter().try_for_each(|line| print(line))?),
            Self::Json => Ok(objects(scan, events).iter().try_for_each(print_json)?),
        }
    }

    pub fn refresh<'a>(&mut self, scans: impl Iterator<Item = &'a ScanSummary>, now: OffsetDateTime) {
        if let Self::Live(live) = self {
            live.refresh(scans, now);
        }
    }

    /// Writes a line that is not a result to standard error.
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
    let line = |event: &Event| format!("{}  scan {}: {}", clock(event.at), scan.id, phrase(event));
    let mut lines: Vec<String> = events.unwrap_or_default().iter().map(line).collect();
    if Ending::of(scan).is_some() {
        lines.extend(ending_lines(scan));
    } else if lines.is_empty() {
        lines.push(format!("scan {}: {}, {}, ranges {}", scan.id, volume(scan), state(scan), progress(scan)));
    }
    lines
}

const LINE: &str = "{spinner} {prefix} {bar:20} {msg}";

/// More lines would scroll away on a small terminal.
const LINES: usize = 20;

/// A line for each scan, redrawn in place.
#[derive(Debug)]
pub struct Live {
    all: MultiProgress,
    lines: BTreeMap<ScanId, ProgressBar>,
    /// The number of unfinished scans without a line.
    rest: Option<ProgressBar>,
}

impl Live {
    fn new() -> Self {
        Self { all: MultiProgress::new(), lines: BTreeMap::new(), rest: None }
    }

    /// Replaces the line of a scan that has ended by a report above the lines.
    fn changed(&mut self, scan: &ScanSummary) -> Result<(), ServiceError> {
        if Ending::of(scan).is_none() {
            return Ok(());
        }
        if let Some(line) = self.lines.remove(&scan.id) {
            line.finish_and_clear();
            self.all.remove(&line);
        }
        Ok(self.all.suspend(|| ending_lines(scan).iter().try_for_each(|line| print(line)))?)
    }

    fn refresh<'a>(&mut self, scans: impl Iterator<Item = &'a ScanSummary>, now: OffsetDateTime) {
        let mut rest = 0;
        for scan in scans.filter(|scan| Ending::of(scan).is_none()) {
            match self.lines.get(&scan.id) {
                Some(line) => draw(line, scan, now),
                None if self.lines.len() < LINES => self.add(scan, now),
                None => rest += 1,
            }
        }
        self.show_rest(rest);
    }

    fn note(&self, text: &str) {
        self.all.suspend(|| eprintln!("{text}"));
    }

    fn add(&mut self, scan: &ScanSummary, now: OffsetDateTime) {
        let style = ProgressStyle::with_template(LINE).unwrap_or_else(|_| ProgressStyle::default_spinner());
        let line = ProgressBar::hidden().with_style(style);
        draw(&line, scan, now);
        let line = self.all.add(line);
        line.enable_steady_tick(Duration::from_millis(200));
        self.lines.insert(scan.id, line);
    }

    fn show_rest(&mut self, count: usize) {
        if let Some(rest) = self.rest.take() {
            rest.finish_and_clear();
            self.all.remove(&rest);
        }
        if count > 0 {
            let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            let rest = self.all.add(ProgressBar::new_spinner().with_style(style));
            rest.set_message(format!("and {count} more"));
            self.rest = Some(rest);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.show_rest(0);
        self.lines.values().for_each(ProgressBar::finish_and_clear);
    }
}

fn draw(line: &ProgressBar, scan: &ScanSummary, now: OffsetDateTime) {
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    line.set_length(count(scan.ranges).max(1));
    line.set_position(count(scan.ranges_finished));
    line.set_prefix(format!("{} {}", scan.id, volume(scan)));
    let since = age(now - scan.updated_at);
    line.set_message(format!("{} ranges  {} for {since}", progress(scan), state(scan)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::{event, summary};
    use domain::Status;
    use serde_json::json;
    use time::macros::datetime;

    #[test]
    fn each_change_is_a_line() {
        let scan = summary(12, Status::Scanning);
        let events = [event("scanning", json!({})), event("range_finished", json!({ "range": 0 }))];
        let shown = [lines(&scan, None), lines(&scan, Some(&events)), lines(&scan, Some(&[]))].concat();
        insta::assert_snapshot!(shown.join("\n"), @r"
        scan 12: a3d 217 p. 101, SCANNING, ranges 1/2
        09:41:07  scan 12: scanning
        09:41:07  scan 12: range 0 finished
        scan 12: a3d 217 p. 101, SCANNING, ranges 1/2
        ");
    }

    #[test]
    fn an_ending_is_shown_with_advice() {
        let mut scan = summary(12, Status::PendingReview);
        (scan.opinions, scan.finished_at) = (3, Some(datetime!(2026-11-20 9:43:10 UTC)));
        let mut failed = summary(13, Status::Failed);
        (failed.error_code, failed.error_message) = (Some("deadline".to_owned()), Some("too\u{7} late".to_owned()));
        let shown = [lines(&scan, None), lines(&failed, Some(&[event("failed", json!({ "code": "deadline" }))]))];
        insta::assert_snapshot!(shown.concat().join("\n"), @r"
        scan 12: a3d 217 p. 101, PENDING_REVIEW, 3 opinions after 2m 3s
          Review the outputs, then approve the scan. Command: quire approve 12
        09:41:07  scan 13: failed: [deadline]
        scan 13: a3d 217 p. 101, FAILED: too\u{7} late [deadline]
          If it happens on every attempt, give the function more time, or use smaller page ranges. Command: quire retry 13
        ");
    }

    #[test]
    fn each_change_is_an_object() {
        let scan = summary(12, Status::Scanning);
        let events = [event("scanning", json!({})), event("range_finished", json!({ "range": 0 }))];
        assert_eq!(objects(&scan, Some(&events)).len(), 2);
        let first = serde_json::to_value(&objects(&scan, None)[0]).unwrap();
        assert_eq!((&first["event"], &first["scan"]["id"]), (&json!(null), &json!(12)));
    }
}
