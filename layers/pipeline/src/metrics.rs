//! Measurements in CloudWatch's embedded metric format: log lines that CloudWatch turns into metrics
//! (AWS, "CloudWatch embedded metric format specification").

use crate::function::Function;
use serde_json::{Map, Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    Pages,
    /// From the claim of an attempt to its publication.
    StageSeconds,
    /// Attempts that gave their claim back.
    Retries,
    /// Messages returned for the dead-letter queue.
    DeadLetters,
    /// Busy rows whose lease was stale.
    StuckFound,
    /// Waiting rows whose message was sent again.
    Resent,
    /// Scans that ended FAILED, counted when their end is published.
    Failures,
    /// Age of a message when its function received it.
    MessageAgeSeconds,
    /// Age of the oldest message of a waiting row.
    OldestMessageSeconds,
    /// Uploads whose event was lost.
    LostEvents,
}

impl Metric {
    const fn unit(self) -> &'static str {
        match self {
            Self::StageSeconds | Self::MessageAgeSeconds | Self::OldestMessageSeconds => "Seconds",
            _ => "Count",
        }
    }
}

/// Writes the measurements as one line of the log. `stack` tells the deployments of one account apart.
pub fn emit(function: Function, stack: &str, measurements: &[(Metric, f64)]) {
    println!("{}", line(function, stack, measurements, SystemTime::now()));
}

fn line(function: Function, stack: &str, measurements: &[(Metric, f64)], now: SystemTime) -> Value {
    let milliseconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let name = |metric: &Metric| format!("{metric:?}");
    let definitions: Vec<Value> =
        measurements.iter().map(|(metric, _)| json!({ "Name": name(metric), "Unit": metric.unit() })).collect();
    let directive = json!({ "Namespace": "Quire", "Dimensions": [["function", "stack"]], "Metrics": definitions });
    let mut line = Map::new();
    line.insert("_aws".to_owned(), json!({ "Timestamp": milliseconds, "CloudWatchMetrics": [directive] }));
    line.insert("function".to_owned(), json!(function.name()));
    line.insert("stack".to_owned(), json!(stack));
    line.extend(measurements.iter().map(|(metric, value)| (name(metric), json!(value))));
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_line_names_every_metric_once_with_its_unit() {
        let now = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let line = line(Function::Scan, "quire", &[(Metric::Pages, 50.0), (Metric::StageSeconds, 1.5)], now);
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_700_000_000_123_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Quire",
                        "Dimensions": [["function", "stack"]],
                        "Metrics": [{ "Name": "Pages", "Unit": "Count" }, { "Name": "StageSeconds", "Unit": "Seconds" }]
                    }]
                },
                "function": "scan",
                "stack": "quire",
                "Pages": 50.0,
                "StageSeconds": 1.5
            })
        );
    }
}
