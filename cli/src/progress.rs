//! Progress on standard error: a bar on a terminal, lines elsewhere. Standard output is for results.

use crate::terminal::visible;
use domain::count;
use engine::report::{PageProblem, Progress, Step, StepReport};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const BAR: &str = "{prefix:<11} {bar:30} {pos:>5}/{len} pages  {per_sec:>12}  {eta} left";

/// The rate of a shorter step, in seconds, would say nothing.
const SHORTEST_RATED: f64 = 0.05;

pub struct ProgressDisplay {
    is_terminal: bool,
    bar: Mutex<ProgressBar>,
}

impl ProgressDisplay {
    pub fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), bar: Mutex::new(ProgressBar::hidden()) }
    }

    fn bar(&self) -> ProgressBar {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

const fn activity(step: Step) -> &'static str {
    match step {
        Step::Detect => "detecting",
        Step::Read => "reading",
        Step::Compress => "compressing",
        Step::Redact => "redacting",
        Step::Review => "reviewing",
        Step::Write => "writing",
        Step::Check => "checking",
        Step::Cut => "cutting",
        Step::Pack => "packing",
        Step::Unpack => "unpacking",
    }
}

/// A line about a page that has a problem.
fn page_problem(problem: &PageProblem) -> String {
    format!("page {}: {} [{}]", problem.page_index + 1, visible(&problem.reason), problem.code)
}

impl Progress for ProgressDisplay {
    fn step_started(&self, step: Step, pages: usize) {
        if !self.is_terminal {
            return;
        }
        let bar = ProgressBar::new(pages as u64).with_prefix(activity(step));
        bar.set_style(ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = bar;
    }

    fn pages_done(&self, count: usize) {
        self.bar().inc(count as u64);
    }

    fn page_problem(&self, problem: &PageProblem) {
        let line = page_problem(problem);
        if self.is_terminal { self.bar().println(line) } else { eprintln!("{line}") }
    }

    fn step_finished(&self, report: &StepReport) {
        let StepReport { step, wall_seconds, pages, .. } = report;
        let mut line = format!("{:<11} {} in {wall_seconds:.1} s", activity(*step), count(*pages, "page"));
        if *wall_seconds > SHORTEST_RATED {
            let rate = *pages as f64 / wall_seconds;
            line.push_str(&format!(" ({rate:.1} pages a second)"));
        }
        self.bar().finish_and_clear();
        eprintln!("{line}");
    }
}

impl Drop for ProgressDisplay {
    fn drop(&mut self) {
        self.bar().finish_and_clear();
    }
}
