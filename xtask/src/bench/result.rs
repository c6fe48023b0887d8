//! What all runs came to.

use super::contestant::Contestant;
use super::round::Round;
use super::volume::Volume;
use crate::error::Error;
use serde::Serialize;
use std::fs;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Results {
    /// Where.
    pub machine: Machine,
    /// On what.
    pub volume: Volume,
    /// By whom.
    pub contestants: Vec<Entry>,
}

/// The machine.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Processors that this process may use.
    pub cores: usize,
    /// Their name.
    pub processor: String,
    /// Processes that wanted a processor during the minute before the first run: figures of a busy machine
    /// are good for ratios only.
    pub load_before: f64,
}

/// One contestant's runs.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The one that it is compared with.
    pub rival: Option<&'static str>,
    /// Its runs.
    pub rounds: Vec<Round>,
}

impl Machine {
    fn this() -> Self {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name =
            processors.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: name.map_or("unknown", |(_, name)| name).to_owned(),
            load_before: load.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0),
        }
    }
}

impl Results {
    /// No runs yet.
    pub fn new(volume: &Volume, contestants: &[Contestant]) -> Self {
        let entry = |contestant: &Contestant| {
            let Contestant { name, rival, .. } = contestant;
            Entry { name: name.clone(), rival: *rival, rounds: Vec::new() }
        };
        let contestants = contestants.iter().map(entry).collect();
        Self { machine: Machine::this(), volume: volume.clone(), contestants }
    }

    /// Adds a run of a contestant.
    pub fn add(&mut self, contestant: usize, round: Round) {
        self.contestants[contestant].rounds.push(round);
    }

    /// An error that names the contestants of which a run failed, if any.
    pub fn verdict(&self) -> Result<(), Error> {
        let failed = |entry: &&Entry| entry.rounds.iter().any(|round| round.failure.is_some());
        let names: Vec<_> = self.contestants.iter().filter(failed).map(|entry| entry.name.as_str()).collect();
        if names.is_empty() { Ok(()) } else { Err(Error::Bench(names.join(", "))) }
    }

    /// The contestant that another one is compared with, when both have counting runs.
    pub fn rival(&self, entry: &Entry) -> Option<&Entry> {
        self.contestants.iter().find(|other| Some(other.name.as_str()) == entry.rival)
    }
}

impl Entry {
    /// The run with the median wall clock time (of an even number the slower one) among those that count.
    pub fn median(&self) -> Option<&Round> {
        let mut counting: Vec<_> = self.rounds.iter().filter(|round| round.failure.is_none()).collect();
        counting.sort_by(|one, other| one.usage.wall_seconds.total_cmp(&other.usage.wall_seconds));
        counting.get(counting.len() / 2).copied()
    }

    /// The highest peak of all runs, bytes.
    pub fn peak_bytes(&self) -> u64 {
        self.rounds.iter().map(|round| round.usage.peak_bytes).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::Usage;
    use super::*;

    fn entry(walls: &[(f64, bool)]) -> Entry {
        let round = |&(wall_seconds, good): &(f64, bool)| Round {
            usage: Usage { succeeded: good, wall_seconds, cpu_seconds: 1.0, peak_bytes: 10 },
            compression: None,
            stages: Vec::new(),
            failure: (!good).then(|| "no".to_owned()),
        };
        Entry { name: "a".into(), rival: None, rounds: walls.iter().map(round).collect() }
    }

    #[test]
    fn the_median_leaves_failed_runs_out() {
        let median = |walls: &[(f64, bool)]| entry(walls).median().map(|round| round.usage.wall_seconds);
        assert_eq!(median(&[(3.0, true), (0.1, false), (1.0, true), (2.0, true)]), Some(2.0));
        assert_eq!(median(&[(1.0, false)]), None);
    }
}
