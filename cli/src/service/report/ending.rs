//! How a scan ended.

use super::format::age;
use super::summary::{advice, error, state, volume};
use catalog::ScanSummary;
use domain::{Status, count};
use enum_assoc::Assoc;

/// How a scan ended, the worst last: of several scans, the worst ending decides the exit status.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Assoc)]
#[func(pub const fn exit_status(self) -> u8)]
#[func(pub const fn meaning(self) -> &'static str)]
pub enum Ending {
    #[assoc(exit_status = 0, meaning = "The results are there.")]
    Done,
    #[assoc(exit_status = 11, meaning = "A watched scan waits for a person to describe or confirm it.")]
    Waits,
    #[assoc(exit_status = 10, meaning = "A watched scan is CANCELLED.")]
    Cancelled,
    #[assoc(exit_status = 9, meaning = "A watched scan is FAILED.")]
    Failed,
}

impl Ending {
    /// None while the scan continues by itself.
    pub const fn of(scan: &ScanSummary) -> Option<Self> {
        match scan.status {
            Status::PendingReview | Status::Approved => Some(Self::Done),
            Status::Cancelled => Some(Self::Cancelled),
            Status::Failed => Some(Self::Failed),
            _ if scan.waits_for.is_some() => Some(Self::Waits),
            _ => None,
        }
    }
}

/// How the scan ended, and on a second line what to do about it.
pub fn ending_lines(scan: &ScanSummary) -> Vec<String> {
    let took = scan.finished_at.map(|ended| format!(" after {}", age(ended - scan.created_at))).unwrap_or_default();
    let opinions = if scan.opinions > 0 { format!(", {}", count(scan.opinions, "opinion")) } else { String::new() };
    let error = error(scan).map(|error| format!(": {error}")).unwrap_or_default();
    let ending = format!("scan {}: {}, {}{opinions}{took}{error}", scan.id, volume(scan), state(scan));
    [Some(ending), advice(scan).map(|advice| format!("  {advice}"))].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::summary;
    use domain::WaitsFor;

    #[test]
    fn every_status_continues_or_has_ended() {
        for &status in Status::ALL {
            let ending = Ending::of(&summary(7, status));
            assert_eq!(ending.is_some(), status.is_ended(), "{status}");
        }
        let mut scan = summary(7, Status::Scanned);
        scan.waits_for = Some(WaitsFor::Metadata);
        assert_eq!(Ending::of(&scan), Some(Ending::Waits));
    }

    #[test]
    fn the_worst_ending_counts() {
        let worst = [Ending::Cancelled, Ending::Failed, Ending::Done].into_iter().max();
        assert_eq!(worst.map(Ending::exit_status), Some(9));
    }
}
