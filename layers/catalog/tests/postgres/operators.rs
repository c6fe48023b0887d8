//! The actions of operators, and when they are refused.

use crate::test_bench::{BUCKET, Bench, KEY, RULES, Unwrapping, new_scan, volume_name};
use catalog::{CatalogError, Claim, NewScan, Recorded};
use domain::{ScanId, Stage, Status, Task, WaitsFor};
use time::OffsetDateTime;

/// A SCANNED scan whose key does not name the volume.
async fn nameless(bench: &Bench) -> ScanId {
    let upload = NewScan { name: None, ..new_scan("v1", "e1") };
    let Recorded::New { scan, .. } = bench.lock_key(BUCKET, KEY).await.unwrap().record(&upload).await.unwrap() else {
        panic!("known")
    };
    bench.compress(scan, 1).await;
    let lease = bench.claim_number(scan, 0).await.done().lease;
    assert_eq!(bench.finish(&lease).await, [], "it waits for its name");
    scan
}

#[tokio::test]
async fn a_nameless_scan_waits_before_split_until_a_person_names_it() {
    let bench = Bench::new().await;
    let scan = nameless(&bench).await;
    assert_eq!(bench.detail(scan).await.scan.summary.waits_for, Some(WaitsFor::Metadata));
    assert_eq!(bench.claim(Stage::Split, scan).await, Claim::NotDue);
    assert_eq!(bench.claim_number(scan, 0).await, Claim::Done(Vec::new()));
    bench.age_messages().await;
    assert_eq!(bench.resend(RULES.stale_after, 10).await.unwrap(), []);
    assert_eq!(bench.describe(scan, &volume_name("12", Some(201))).await.unwrap(), [Task::Split { scan }]);
    let claimed = bench.claim(Stage::Split, scan).await.done();
    let name = (claimed.reporter.as_deref(), claimed.volume.as_deref(), claimed.first_page);
    assert_eq!(name, (Some("arc"), Some("12"), Some(201)));
    assert_eq!(bench.describe(scan, &volume_name("12", Some(201))).await.unwrap_err().code(), "catalog.refused");
}

#[tokio::test]
async fn naming_a_scan_early_means_no_waiting() {
    let bench = Bench::new().await;
    let upload = NewScan { name: None, ..new_scan("v1", "e1") };
    let Recorded::New { scan, .. } = bench.record(&upload).await else { panic!("known") };
    assert_eq!(bench.describe(scan, &volume_name("12", Some(201))).await.unwrap(), []);
    bench.compress(scan, 1).await;
    let lease = bench.claim_number(scan, 0).await.done().lease;
    assert_eq!(bench.finish(&lease).await, [Task::Split { scan }]);
    assert_eq!(bench.describe(scan, &volume_name("13", Some(201))).await.unwrap(), [], "its message was sent already");
}

#[tokio::test]
async fn a_nameless_scan_that_was_cancelled_still_waits_for_its_name() {
    let bench = Bench::new().await;
    let scan = nameless(&bench).await;
    bench.cancel(scan).await.unwrap();
    assert_eq!(bench.retry(scan).await.unwrap(), []);
    assert_eq!(bench.claim(Stage::Split, scan).await, Claim::NotDue);
    bench.cancel(scan).await.unwrap();
    assert_eq!(bench.describe(scan, &volume_name("12", Some(201))).await.unwrap(), []);
    assert_eq!(bench.retry(scan).await.unwrap(), [Task::Split { scan }]);
}

#[tokio::test]
async fn a_name_and_its_finish_that_meet_send_one_split() {
    let bench = Bench::new().await;
    for round in 0..10 {
        let upload = NewScan { name: None, ..new_scan(&format!("v{round}"), &format!("e{round}")) };
        let Recorded::New { scan, .. } = bench.record(&upload).await else { panic!("known") };
        bench.compress(scan, 1).await;
        let lease = bench.claim_number(scan, 0).await.done().lease;
        let ready: Vec<Task> = bench
            .at_once(2, |place, worker| async move {
                match place {
                    0 => worker.finish_range(&lease, "r").await.unwrap().done(),
                    _ => worker.describe(scan, &volume_name("12", Some(201))).await.unwrap(),
                }
            })
            .await
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(ready, [Task::Split { scan }]);
    }
}

#[tokio::test]
async fn what_is_not_possible_is_refused_and_changes_nothing() {
    let bench = Bench::new().await;
    let running = bench.splitting().await.scan;
    let reviewable = bench.reviewable().await;
    let approved = bench.reviewable().await;
    bench.approve(approved).await.unwrap();
    let before = bench.database.snapshot().await.unwrap();
    let now = OffsetDateTime::now_utc();
    for scan in [reviewable, approved] {
        assert_refused(bench.cancel(scan).await);
        assert_refused(bench.defer(scan, now).await);
        assert_refused(bench.describe(scan, &volume_name("1", Some(1))).await);
        assert_refused(bench.retry(scan).await);
        assert_refused(bench.confirm(scan).await);
    }
    assert_refused(bench.approve(approved).await);
    assert_refused(bench.approve(running).await);
    assert_refused(bench.retry(running).await);
    let unknown = approved + 100;
    for error in [
        bench.cancel(unknown).await.unwrap_err(),
        bench.retry(unknown).await.unwrap_err(),
        bench.approve(unknown).await.unwrap_err(),
        bench.confirm(unknown).await.unwrap_err(),
        bench.defer(unknown, now).await.unwrap_err(),
        bench.describe(unknown, &volume_name("1", Some(1))).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "catalog.unknown");
    }
    let error = bench.describe(running, &volume_name("1", None)).await.unwrap_err();
    assert_eq!(error.code(), "catalog.invalid", "no first page");
    assert_eq!(bench.database.snapshot().await.unwrap(), before);
    assert_eq!(bench.status(reviewable).await, Status::PendingReview);
}

fn assert_refused<T: std::fmt::Debug>(answer: Result<T, CatalogError>) {
    let error = answer.unwrap_err();
    assert_eq!((error.code().as_str(), error.is_temporary()), ("catalog.refused", false));
}
