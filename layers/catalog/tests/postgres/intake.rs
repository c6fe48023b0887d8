//! Each upload becomes one scan, in the order of S3.

use crate::test_bench::{BUCKET, Bench, KEY, Unwrapping, failure, new_scan};
use catalog::{Claim, NewScan, Recorded};
use domain::{FailureCode, ScanId, Stage, Status, Task};
use std::sync::Arc;
use tokio::sync::Mutex;

fn scan_of(recorded: &Recorded) -> ScanId {
    match recorded {
        Recorded::New { scan, .. } | Recorded::Known { scan, .. } => *scan,
    }
}

#[tokio::test]
async fn a_version_is_recorded_once_and_its_message_sent_while_it_waits() {
    let bench = Bench::new().await;
    let scan = scan_of(&bench.record(&new_scan("v1", "e1")).await);
    let known = |ready| Recorded::Known { scan, ready };
    assert_eq!(bench.record(&new_scan("v1", "e1")).await, known(vec![Task::Compress { scan, is_bulk: false }]));
    bench.claim(Stage::Compress, scan).await.done();
    assert_eq!(bench.record(&new_scan("v1", "e1")).await, known(Vec::new()));
}

#[tokio::test]
async fn the_same_file_again_is_a_new_scan_only_after_an_end_without_result() {
    let bench = Bench::new().await;
    let first = scan_of(&bench.record(&new_scan("v1", "e1")).await);
    assert_eq!(scan_of(&bench.record(&new_scan("v2", "e1")).await), first);
    bench.cancel(first).await.unwrap();
    let recorded = bench.record(&new_scan("v3", "e1")).await;
    let Recorded::New { scan, superseded, .. } = recorded else { panic!("{recorded:?}") };
    assert_eq!(superseded, Some(first));
    assert_eq!(scan_of(&bench.record(&new_scan("v4", "e1")).await), scan);
}

#[tokio::test]
async fn a_changed_file_and_the_first_one_again_after_it_are_new_scans() {
    let bench = Bench::new().await;
    let mut scans = Vec::new();
    for (version, etag) in [("v1", "a"), ("v2", "b"), ("v3", "a")] {
        let recorded = bench.record(&new_scan(version, etag)).await;
        let Recorded::New { scan, superseded, .. } = recorded else { panic!("{recorded:?}") };
        assert_eq!(superseded, scans.last().copied());
        scans.push(scan);
    }
    assert_eq!(bench.status(scans[0]).await, Status::Cancelled);
    assert_eq!(bench.status(scans[1]).await, Status::Cancelled);
    assert_eq!(bench.status(scans[2]).await, Status::Uploaded);
}

#[tokio::test]
async fn a_refused_upload_fails_from_the_start_and_is_told() {
    let bench = Bench::new().await;
    let upload = NewScan { refusal: Some(failure(FailureCode::SourceNotPdf)), name: None, ..new_scan("v1", "e1") };
    let recorded = bench.record(&upload).await;
    let Recorded::New { scan, superseded: None, ready } = recorded else { panic!("{recorded:?}") };
    assert_eq!(ready, []);
    bench.assert_ended(scan, Status::Failed, "source.not_pdf").await;
    assert_eq!(bench.detail(scan).await.scan.summary.failed_stage, Some(Stage::Compress));
    assert_eq!(bench.kinds(scan).await, ["failed"]);
    assert_eq!(bench.unsent_events(&[], 10).await.unwrap().len(), 1);
    assert_eq!(bench.claim(Stage::Compress, scan).await, Claim::Gone);
}

/// Several events of one key arrive at once, and S3 says which version is current. The last worker to ask records the
/// last version, in whatever order the events arrive.
#[tokio::test]
async fn two_uploads_of_one_key_at_once_end_with_the_one_that_s3_kept() {
    let bench = Bench::new().await;
    for round in 0..10 {
        let current = Arc::new(Mutex::new(0));
        bench
            .at_once(4, |_, worker| {
                let current = Arc::clone(&current);
                async move {
                    let lock = worker.lock_key(BUCKET, KEY).await.unwrap();
                    // The bucket changes between the events. The lock makes the question and the record one step.
                    let version = {
                        let mut current = current.lock().await;
                        *current += 1;
                        format!("r{round}v{current}")
                    };
                    tokio::task::yield_now().await;
                    lock.record(&new_scan(&version, &version)).await.unwrap();
                }
            })
            .await;
        let scans = bench.scans(&catalog::Filter { limit: 4, ..Default::default() }).await.unwrap();
        let live: Vec<_> = scans.iter().filter(|scan| scan.superseded_by.is_none()).collect();
        assert_eq!(live.len(), 1);
        assert_eq!(bench.detail(live[0].id).await.scan.version_id, format!("r{round}v4"));
        assert_eq!(scans.iter().filter(|scan| scan.status == Status::Cancelled).count(), 3);
    }
}

#[tokio::test]
async fn the_same_version_at_once_is_one_scan() {
    let bench = Bench::new().await;
    let recorded = bench
        .at_once(8, |_, worker| async move {
            worker.lock_key(BUCKET, KEY).await.unwrap().record(&new_scan("v1", "e1")).await.unwrap()
        })
        .await;
    assert_eq!(recorded.iter().filter(|one| matches!(one, Recorded::New { .. })).count(), 1);
    assert_eq!(bench.scans(&catalog::Filter::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_dropped_lock_changes_nothing_and_lets_go() {
    let bench = Bench::new().await;
    drop(bench.lock_key(BUCKET, KEY).await.unwrap());
    let other = bench.worker();
    other.lock_key(BUCKET, KEY).await.unwrap().record(&new_scan("v1", "e1")).await.unwrap();
    assert_eq!(bench.scans(&catalog::Filter::default()).await.unwrap().len(), 1);
}
