//! How many tests ran, as the runners tell it.

use std::fmt;

/// Tests by how they ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: usize,
    /// Failed, or ran into the runner's time limit.
    pub failed: usize,
    /// Left out by an attribute.
    pub ignored: usize,
}

impl Counts {
    /// Adds what a line of `cargo test` or cargo-nextest tells: `test result: ok. 3 passed; 0 failed; …`
    /// for each binary, `Summary [ 0.1s] 3 tests run: 3 passed (1 slow), 0 skipped` once. What a filter
    /// left out is not counted.
    pub fn read(&mut self, line: &str) {
        let summary =
            line.split_once("test result: ").map(|(_, rest)| rest.split_once(". ").map_or(rest, |(_, list)| list));
        let nextest = || line.trim_start().strip_prefix("Summary [").and_then(|rest| rest.split_once(" run: "));
        let Some(list) = summary.or_else(|| nextest().map(|(_, list)| list)) else { return };
        for entry in list.split([';', ',']) {
            let mut words = entry.split_whitespace();
            if let (Some(Ok(number)), Some(kind)) = (words.next().map(str::parse::<usize>), words.next()) {
                self.add(kind, number);
            }
        }
    }

    fn add(&mut self, kind: &str, number: usize) {
        match kind {
            "passed" => self.passed += number,
            "failed" | "timed" => self.failed += number,
            "ignored" => self.ignored += number,
            _ => {}
        }
    }

    /// Tests that ran.
    pub const fn run(&self) -> usize {
        self.passed + self.failed
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, ignored } = self;
        write!(formatter, "{} tests run: {passed} passed, {failed} failed, {ignored} ignored", self.run())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.read(line));
        counts
    }

    #[test]
    fn the_binaries_of_cargo_test_add_up() {
        let counts = read(&[
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ]);
        assert_eq!(counts, Counts { passed: 4, failed: 2, ignored: 1 });
    }

    #[test]
    fn the_summary_of_nextest_is_read() {
        let counts =
            read(&["     Summary [   1.013s] 6 tests run: 4 passed (1 slow), 1 failed, 1 timed out, 2 skipped"]);
        assert_eq!(counts, Counts { passed: 4, failed: 2, ignored: 0 });
        assert_eq!(read(&["     Summary [   0.1s] 1 test run: 1 passed, 0 skipped"]).passed, 1);
    }

    #[test]
    fn other_lines_count_for_nothing() {
        assert_eq!(read(&["test a::b ... ok", "3 passed; 4 failed"]).run(), 0);
    }
}
