//! What each check came to.

use crate::error::Error;
use std::time::Instant;

/// What a check came to, with a word about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Passed(String),
    /// It failed.
    Failed(String),
    /// It could not be made here.
    Skipped(String),
}

/// The checks in their order.
#[derive(Debug, Default)]
pub struct Report {
    lines: Vec<(&'static str, f64, Outcome)>,
}

impl Report {
    /// Makes a check and notes what it came to; an error is a failure.
    pub fn step(&mut self, name: &'static str, check: impl FnOnce() -> Result<Outcome, Error>) {
        println!("\n── {name}");
        let begun = Instant::now();
        let outcome = check().unwrap_or_else(|error| Outcome::Failed(error.to_string()));
        if let Outcome::Failed(reason) | Outcome::Skipped(reason) = &outcome {
            println!("{name}: {reason}");
        }
        self.lines.push((name, begun.elapsed().as_secs_f64(), outcome));
    }

    /// Prints a line for each check.
    pub fn print(&self) {
        println!("\n── summary");
        for (name, seconds, outcome) in &self.lines {
            let (word, detail) = match outcome {
                Outcome::Passed(detail) => ("passed", detail),
                Outcome::Failed(detail) => ("FAILED", detail),
                Outcome::Skipped(detail) => ("skipped", detail),
            };
            println!("{}", format!("{name:<24} {word:<8} {seconds:>7.1} s  {detail}").trim_end());
        }
    }

    /// True when a check failed.
    pub fn has_failed(&self) -> bool {
        self.lines.iter().any(|(_, _, outcome)| matches!(outcome, Outcome::Failed(_)))
    }

    /// An error that names the checks that failed, if any.
    pub fn verdict(&self) -> Result<(), Error> {
        let failed = self.lines.iter().filter(|(_, _, outcome)| matches!(outcome, Outcome::Failed(_)));
        let names: Vec<_> = failed.map(|(name, ..)| *name).collect();
        if names.is_empty() { Ok(()) } else { Err(Error::Checks(names.join("; "))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_the_whole_and_is_named() {
        let mut report = Report::default();
        report.step("good", || Ok(Outcome::Passed(String::new())));
        report.step("absent", || Ok(Outcome::Skipped("no network".into())));
        assert!(report.verdict().is_ok());
        report.step("bad", || Err(Error::NoHome));
        assert!(report.verdict().unwrap_err().to_string().contains("bad"));
    }
}
