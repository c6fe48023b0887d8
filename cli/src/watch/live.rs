//! The terminal's view: a line a scan, redrawn.

use super::Ending;
use super::view::ending;
use crate::report::{progress, state, volume};
use crate::service::ServiceError;
use crate::terminal::{age, print};
use catalog::ScanSummary;
use domain::ScanId;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

const LINE: &str = "{spinner} {prefix} {bar:20} {msg}";

/// Lines at once: more would scroll away on a small terminal.
const LINES: usize = 20;

/// The terminal's view.
#[derive(Debug)]
pub struct Live {
    all: MultiProgress,
    lines: BTreeMap<ScanId, ProgressBar>,
    /// How many scans go on without a line.
    rest: Option<ProgressBar>,
}

impl Live {
    /// A view that shows nothing yet.
    pub fn new() -> Self {
        Self { all: MultiProgress::new(), lines: BTreeMap::new(), rest: None }
    }

    /// A scan that came to its end leaves the lines, and how it ended stays above them.
    ///
    /// # Errors
    /// When standard output does not take it.
    pub fn changed(&mut self, scan: &ScanSummary) -> Result<(), ServiceError> {
        if Ending::of(scan).is_none() {
            return Ok(());
        }
        if let Some(line) = self.lines.remove(&scan.id) {
            line.finish_and_clear();
            self.all.remove(&line);
        }
        self.all.suspend(|| ending(scan).iter().try_for_each(|line| print(line)))
    }

    /// Draws every scan that goes on, as many as fit.
    pub fn refresh<'a>(&mut self, scans: impl Iterator<Item = &'a ScanSummary>, now: OffsetDateTime) {
        let mut without = 0;
        for scan in scans.filter(|scan| Ending::of(scan).is_none()) {
            match self.lines.get(&scan.id) {
                Some(line) => draw(line, scan, now),
                None if self.lines.len() < LINES => self.add(scan, now),
                None => without += 1,
            }
        }
        self.tell_rest(without);
    }

    /// Tells something above the lines.
    pub fn note(&self, text: &str) {
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

    fn tell_rest(&mut self, count: usize) {
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
        self.tell_rest(0);
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
