//! What attempts cost, from what they recorded and the prices of AWS.

use catalog::{StageUsage, UsageReport};
use domain::prices::{
    LAMBDA_GIGABYTE_SECOND, LAMBDA_REQUEST, S3_GIGABYTE_MONTH, S3_READ_REQUEST, S3_WRITE_REQUEST, SQS_REQUEST,
};
use serde::Serialize;

/// Each attempt has one message: it is sent, received and deleted.
const QUEUE_REQUESTS: f64 = 3.0;

/// US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// GB-seconds and requests of Lambda. An attempt counts from its claim to its end; the start of a process and the rest
    /// of an invocation do not.
    pub lambda: f64,
    /// Requests to S3.
    pub requests: f64,
    /// Requests to SQS, without those of idle queues.
    pub queues: f64,
}

impl Cost {
    #[must_use]
    pub fn of(usage: &StageUsage) -> Self {
        let attempts = usage.attempts as f64;
        Self {
            lambda: usage.gigabyte_seconds.unwrap_or_default() * LAMBDA_GIGABYTE_SECOND + attempts * LAMBDA_REQUEST,
            requests: usage.read_requests as f64 * S3_READ_REQUEST + usage.write_requests as f64 * S3_WRITE_REQUEST,
            queues: attempts * QUEUE_REQUESTS * SQS_REQUEST,
        }
    }

    #[must_use]
    pub const fn total(&self) -> f64 {
        self.lambda + self.requests + self.queues
    }
}

/// What everything in the report cost.
#[must_use]
pub fn total(report: &UsageReport) -> f64 {
    report.stages.iter().map(|usage| Cost::of(usage).total()).sum()
}

/// What the files that are kept cost each month.
#[must_use]
pub fn storage_per_month(report: &UsageReport) -> f64 {
    report.stored_bytes as f64 / 1e9 * S3_GIGABYTE_MONTH
}

/// What a second of an attempt costs on average. None without attempts that recorded their memory.
#[must_use]
pub fn per_second(report: &UsageReport) -> Option<f64> {
    let is_known = |usage: &&StageUsage| usage.gigabyte_seconds.is_some();
    let seconds: f64 = report.stages.iter().filter(is_known).map(|usage| usage.seconds).sum();
    let dollars: f64 = report.stages.iter().filter(is_known).map(|usage| Cost::of(usage).total()).sum();
    (seconds > 0.0).then(|| dollars / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Stage;

    #[test]
    fn the_cost_follows_from_the_list_prices() {
        let usage = StageUsage {
            stage: Stage::Scan,
            attempts: 1_000_000,
            unrecorded: 0,
            seconds: 2_000_000.0,
            gigabyte_seconds: Some(6_000_000.0),
            bytes_read: 0,
            bytes_written: 0,
            read_requests: 10_000,
            write_requests: 1_000,
        };
        let cost = Cost::of(&usage);
        let is_near = |found: f64, expected: f64| (found - expected).abs() < 1e-6;
        // 6 million GB-seconds and a million requests; 10,000 reads and 1,000 writes; three requests for each message.
        assert!(is_near(cost.lambda, 100.0002 + 0.2), "{cost:?}");
        assert!(is_near(cost.requests, 0.004 + 0.005), "{cost:?}");
        assert!(is_near(cost.queues, 1.2), "{cost:?}");
        let report = UsageReport { stages: vec![usage], scans: 1, pages: 50, stored_bytes: 2_000_000_000 };
        assert!(is_near(storage_per_month(&report), 0.046));
        assert!(is_near(per_second(&report).unwrap(), cost.total() / 2_000_000.0));
        assert_eq!(per_second(&UsageReport { stages: Vec::new(), ..report }), None);
    }
}
