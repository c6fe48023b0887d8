//! How scans ended that were watched.

use crate::exit;
use catalog::ScanSummary;
use domain::Status;

/// How a scan ended, the worst last. With several, the worst counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ending {
    /// Its results are there.
    Done,
    /// Nothing goes on before a person has described or confirmed it.
    Waits,
    /// A person or a newer upload ended it.
    Cancelled,
    /// It failed.
    Failed,
}

impl Ending {
    /// Where a scan has come to; none while it goes on by itself.
    pub const fn of(scan: &ScanSummary) -> Option<Self> {
        match scan.status {
            Status::PendingReview | Status::Approved => Some(Self::Done),
            Status::Cancelled => Some(Self::Cancelled),
            Status::Failed => Some(Self::Failed),
            _ if scan.waits_for.is_some() => Some(Self::Waits),
            _ => None,
        }
    }

    /// The exit status.
    pub const fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Waits => exit::SCAN_WAITS,
            Self::Cancelled => exit::SCAN_CANCELLED,
            Self::Failed => exit::SCAN_FAILED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::summary;
    use domain::WaitsFor;

    #[test]
    fn every_status_goes_on_or_has_ended() {
        for &status in Status::ALL {
            let ending = Ending::of(&summary(7, status));
            assert_eq!(ending.is_some(), status.is_ended(), "{status}");
        }
        let mut scan = summary(7, Status::Scanned);
        scan.waits_for = Some(WaitsFor::Metadata);
        assert_eq!(Ending::of(&scan), Some(Ending::Waits));
    }

    #[test]
    fn the_worst_counts() {
        let worst = [Ending::Cancelled, Ending::Failed, Ending::Done].into_iter().max();
        assert_eq!(worst.map(Ending::status), Some(exit::SCAN_FAILED));
    }
}
