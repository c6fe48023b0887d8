//! `quire cost`: what one scan, or all of the last days, cost.

use super::arguments::Cost as Arguments;
use super::connection;
use super::error::ServiceError;
use super::report::Table;
use super::settings::Settings;
use crate::terminal::{megabytes, print, print_json};
use catalog::{CatalogError, StageUsage, UsageReport};
use domain::prices::{NOTED_ON, REGION};
use domain::{ScanId, count};
use engine::cancellation::Cancellation;
use pipeline::cost::{Cost, storage_per_month, total};
use serde::Serialize;
use std::time::Duration;

/// The days that prices of the future are estimated from.
pub const DAYS: i32 = 30;

#[derive(Serialize)]
struct Report<'a> {
    scan: Option<ScanId>,
    /// None for one scan, of which all attempts count.
    days: Option<i32>,
    scans: i64,
    pages: i64,
    stages: Vec<Stage<'a>>,
    dollars: f64,
    dollars_per_thousand_pages: Option<f64>,
    stored_bytes: i64,
    storage_dollars_per_month: f64,
    prices: Prices,
}

#[derive(Serialize)]
struct Stage<'a> {
    #[serde(flatten)]
    usage: &'a StageUsage,
    dollars: Cost,
}

#[derive(Serialize)]
struct Prices {
    region: &'static str,
    noted_on: &'static str,
}

pub fn run(arguments: &Arguments, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.database.service, cancellation)?;
    let database = settings.required_database(&arguments.database)?;
    let usage = connection::run(cancellation, Duration::ZERO, async {
        let catalog = connection::catalog(&database).await?;
        let usage = catalog.usage(arguments.scan, arguments.days).await?;
        // Without attempts, it may be a scan that does not exist.
        match arguments.scan {
            Some(scan) if usage.scans == 0 => Err(CatalogError::Unknown(scan).into()),
            _ => Ok(usage),
        }
    })?;
    if arguments.json {
        return Ok(print_json(&object(&usage, arguments))?);
    }
    Ok(print(&text(&usage, arguments.scan, arguments.days))?)
}

fn object<'a>(usage: &'a UsageReport, arguments: &Arguments) -> Report<'a> {
    Report {
        scan: arguments.scan,
        days: arguments.scan.is_none().then_some(arguments.days),
        scans: usage.scans,
        pages: usage.pages,
        stages: usage.stages.iter().map(|usage| Stage { usage, dollars: Cost::of(usage) }).collect(),
        dollars: total(usage),
        dollars_per_thousand_pages: per_thousand_pages(usage),
        stored_bytes: usage.stored_bytes,
        storage_dollars_per_month: storage_per_month(usage),
        prices: Prices { region: REGION, noted_on: NOTED_ON },
    }
}

fn per_thousand_pages(usage: &UsageReport) -> Option<f64> {
    (usage.pages > 0).then(|| total(usage) * 1_000.0 / usage.pages as f64)
}

fn text(usage: &UsageReport, scan: Option<ScanId>, days: i32) -> String {
    let what = match scan {
        Some(scan) => format!("scan {scan}"),
        None => format!("{} of the last {days} days", count(usage.scans, "scan")),
    };
    let mut table = Table::new("", &["STAGE", "ATTEMPTS", "SECONDS", "GB-SECONDS", "FROM S3", "TO S3", "COST"]);
    usage.stages.iter().for_each(|stage| table.row(row(stage)));
    let mut lines = vec![format!("{what}: {}", count(usage.pages, "page")), table.render()];
    let thousand = per_thousand_pages(usage).map(|price| format!(", {} for a thousand pages", money(price)));
    lines.push(format!("together {}{}", money(total(usage)), thousand.unwrap_or_default()));
    let stored = megabytes(usage.stored_bytes.unsigned_abs());
    lines.push(format!("originals and results, {stored}: {} a month", money(storage_per_month(usage))));
    let unrecorded: i64 = usage.stages.iter().map(|stage| stage.unrecorded).sum();
    if unrecorded > 0 {
        lines.push(format!("{unrecorded} attempts left no record of what they used. Only their time is counted."));
    }
    if usage.stages.iter().any(|stage| stage.gigabyte_seconds.is_none()) {
        lines.push(
            "The memory of a function is unknown, so its time is not counted: it ran outside of Lambda.".to_owned(),
        );
    }
    lines.push(format!(
        "These are list prices of {REGION}, noted on {NOTED_ON}. intake, reconcile, logs, the database and the network are \
         not included."
    ));
    lines.join("\n")
}

fn row(usage: &StageUsage) -> Vec<String> {
    vec![
        usage.stage.to_string(),
        usage.attempts.to_string(),
        format!("{:.1}", usage.seconds),
        usage.gigabyte_seconds.map(|seconds| format!("{seconds:.1}")).unwrap_or_default(),
        megabytes(usage.bytes_read.unsigned_abs()),
        megabytes(usage.bytes_written.unsigned_abs()),
        money(Cost::of(usage).total()),
    ]
}

/// US dollars: whole cents from ten cents on, and below that two significant digits.
pub fn money(dollars: f64) -> String {
    if dollars >= 0.1 || dollars <= 0.0 {
        return format!("${dollars:.2}");
    }
    let digits = (-dollars.log10()).ceil().clamp(1.0, 12.0) as usize + 1;
    let text = format!("{dollars:.digits$}");
    format!("${}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Stage;

    fn usage(stage: Stage, gigabyte_seconds: Option<f64>) -> StageUsage {
        StageUsage {
            stage,
            attempts: 3,
            unrecorded: 1,
            seconds: 120.0,
            gigabyte_seconds,
            bytes_read: 2_500_000,
            bytes_written: 1_100_000,
            read_requests: 6,
            write_requests: 3,
        }
    }

    #[test]
    fn small_prices_keep_two_digits() {
        let prices = [0.0, 0.000_000_4, 0.000_123, 0.0049, 0.04, 0.0996, 0.1, 12.345];
        let texts = prices.map(money);
        assert_eq!(texts, ["$0.00", "$0.0000004", "$0.00012", "$0.0049", "$0.04", "$0.1", "$0.10", "$12.35"]);
    }

    #[test]
    fn a_report_says_what_is_counted_and_what_is_not() {
        let stages = vec![usage(Stage::Compress, Some(352.5)), usage(Stage::Scan, None)];
        let report = UsageReport { stages, scans: 1, pages: 50, stored_bytes: 3_600_000 };
        insta::assert_snapshot!(text(&report, Some(17), 30), @r"
        scan 17: 50 pages
        STAGE     ATTEMPTS  SECONDS  GB-SECONDS  FROM S3  TO S3   COST
        compress  3         120.0    352.5       2.5 MB   1.1 MB  $0.0059
        scan      3         120.0                2.5 MB   1.1 MB  $0.000022
        together $0.0059, $0.12 for a thousand pages
        originals and results, 3.6 MB: $0.000083 a month
        2 attempts left no record of what they used. Only their time is counted.
        The memory of a function is unknown, so its time is not counted: it ran outside of Lambda.
        These are list prices of us-east-1, noted on 2026-11-27. intake, reconcile, logs, the database and the network are not included.
        ");
    }
}
