//! The status machine in Rust and the one in PostgreSQL are the same.

use crate::test_bench::Bench;
use catalog::CatalogError;
use domain::{RangeStatus, Status};

/// The columns that a row of this status must set besides the status.
fn companions(status: Status) -> &'static str {
    match status {
        Status::Compressing | Status::Splitting => ", lease = gen_random_uuid(), heartbeat_at = clock_timestamp()",
        Status::Failed | Status::Cancelled => ", error_code = 'test', failed_stage = 'scan'",
        _ => "",
    }
}

/// Gives the scan this status without any checks.
fn force(status: Status) -> String {
    let columns = "lease = NULL, heartbeat_at = NULL";
    let columns = if companions(status).contains("lease") { "etag = etag" } else { columns };
    format!(
        "SET session_replication_role = replica;
         UPDATE scans SET status = '{status}', {columns} {};
         SET session_replication_role = origin;",
        companions(status)
    )
}

fn is_refusal(error: &CatalogError) -> bool {
    error.to_string().contains("may not go from")
}

#[tokio::test]
async fn every_pair_of_statuses_is_judged_alike() {
    let bench = Bench::new().await;
    bench.uploaded().await;
    for &from in Status::ALL {
        for to in Status::ALL.iter().copied().filter(|to| *to != from) {
            bench.database.execute(&force(from)).await.unwrap();
            let change = format!("UPDATE scans SET status = '{to}' {}", companions(to));
            match bench.database.execute(&change).await {
                Ok(()) => assert!(from.may_become(to), "PostgreSQL lets {from} become {to}"),
                Err(error) => {
                    assert!(is_refusal(&error), "{from} to {to}: {error}");
                    assert!(!from.may_become(to), "PostgreSQL does not let {from} become {to}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_scan_begins_only_in_an_initial_status() {
    let bench = Bench::new().await;
    for &status in Status::ALL {
        let lease = if companions(status).contains("lease") { "gen_random_uuid()" } else { "NULL" };
        let insert = format!(
            "INSERT INTO scans (bucket, key, version_id, etag, size_bytes, status, error_code, lease, heartbeat_at)
             VALUES ('b', 'k', '{status}', 'e', 1, '{status}', 'test', {lease},
                 CASE WHEN {lease} IS NOT NULL THEN clock_timestamp() END)"
        );
        let answer = bench.database.execute(&insert).await;
        assert_eq!(answer.is_ok(), Status::INITIAL.contains(&status), "{status}: {answer:?}");
        if let Err(error) = answer {
            assert!(is_refusal(&error), "{status}: {error}");
        }
    }
}

#[tokio::test]
async fn every_pair_of_range_statuses_is_judged_alike() {
    let bench = Bench::new().await;
    bench.compressed(1).await;
    let columns = |status| match status {
        RangeStatus::Waiting => "lease = NULL, heartbeat_at = NULL, result_key = NULL",
        RangeStatus::Scanning => "lease = gen_random_uuid(), heartbeat_at = clock_timestamp(), result_key = NULL",
        RangeStatus::Finished => "lease = NULL, heartbeat_at = NULL, result_key = 'r'",
        RangeStatus::Failed => "lease = NULL, heartbeat_at = NULL, result_key = NULL, error_code = 'test'",
    };
    for &from in RangeStatus::ALL {
        for to in RangeStatus::ALL.iter().copied().filter(|to| *to != from) {
            let force = format!(
                "SET session_replication_role = replica;
                 UPDATE page_ranges SET status = '{from}', {};
                 SET session_replication_role = origin;",
                columns(from)
            );
            bench.database.execute(&force).await.unwrap();
            let change = format!("UPDATE page_ranges SET status = '{to}', {}", columns(to));
            let answer = bench.database.execute(&change).await;
            assert_eq!(answer.is_ok(), from.may_become(to), "{from} to {to}: {answer:?}");
            assert!(answer.is_ok() || is_refusal(&answer.unwrap_err()));
        }
    }
}

#[test]
fn every_status_is_reached_and_only_approved_is_final() {
    for &status in Status::ALL {
        let reached = Status::INITIAL.contains(&status) || Status::ALL.iter().any(|from| from.may_become(status));
        assert!(reached, "nothing leads to {status}");
        assert_eq!(status.transitions().is_empty(), status == Status::Approved);
        assert_eq!(Status::parse(status.as_str()), Some(status));
        if status.is_waiting() || status.is_busy() {
            assert!(status.may_become(Status::Failed) && status.may_become(Status::Cancelled));
        }
    }
}
