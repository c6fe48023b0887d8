//! A person or a newer upload stops a scan.

use crate::test_bench::{BUCKET, Bench, KEY, Unwrapping, fan_out, new_scan, range, result_key};
use catalog::{Claim, Fenced, NewScan, Recorded};
use domain::{FailureCode, ScanId, Stage, Status, Task};

#[tokio::test]
async fn cancel_takes_every_lease_and_retry_resumes() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(3).await;
    bench.finish(&leases[0]).await;
    bench.cancel(scan).await.unwrap();
    bench.assert_ended(scan, Status::Cancelled, "cancelled").await;
    assert!(bench.detail(scan).await.ranges.iter().all(|range| range.heartbeat_at.is_none()));
    assert_eq!(bench.claim_number(scan, 1).await, Claim::Gone);
    assert_eq!(bench.cancel(scan).await.unwrap_err().code(), "catalog.refused");
    assert_eq!(bench.retry(scan).await.unwrap(), [range(scan, 1, 1), range(scan, 1, 2)]);
    assert_eq!(bench.status(scan).await, Status::Compressed);
}

#[tokio::test]
async fn cancel_and_retry_return_to_each_stage() {
    let bench = Bench::new().await;
    let uploaded = bench.uploaded().await;
    let compressing = bench.uploaded().await;
    bench.claim(Stage::Compress, compressing).await.done();
    let splitting = bench.splitting().await.scan;
    for (scan, ready, status) in [
        (uploaded, Task::Compress { scan: uploaded, is_bulk: false }, Status::Uploaded),
        (compressing, Task::Compress { scan: compressing, is_bulk: false }, Status::Uploaded),
        (splitting, Task::Split { scan: splitting }, Status::Scanned),
    ] {
        bench.cancel(scan).await.unwrap();
        assert_eq!(bench.retry(scan).await.unwrap(), [ready]);
        assert_eq!(bench.status(scan).await, status);
    }
}

#[tokio::test]
async fn cancel_while_ranges_finish_leaves_a_cancelled_scan_or_a_done_stage() {
    let bench = Bench::new().await;
    for _ in 0..10 {
        let (scan, leases) = bench.scanning(4).await;
        let outcomes = bench
            .at_once(5, |place, worker| {
                let lease = leases[place % 4];
                async move {
                    match place {
                        4 => worker.cancel(scan).await.is_ok(),
                        _ => worker.finish_range(&lease, &result_key(&lease)).await.unwrap() != Fenced::Lost,
                    }
                }
            })
            .await;
        let detail = bench.detail(scan).await;
        let kept = detail.ranges.iter().filter(|range| range.result_key.is_some()).count();
        let acknowledged = outcomes.iter().filter(|done| **done).count() - 1;
        assert_eq!(detail.scan.summary.status, Status::Cancelled);
        assert_eq!(kept, acknowledged, "what was acknowledged is kept, and nothing else");
        assert!(detail.ranges.iter().all(|range| range.heartbeat_at.is_none()));
    }
}

/// A scan of the one key that all these tests share.
async fn record(bench: &Bench, version: &str) -> ScanId {
    match bench.record(&new_scan(version, version)).await {
        Recorded::New { scan, .. } => scan,
        known => panic!("{known:?}"),
    }
}

#[tokio::test]
async fn a_newer_upload_cancels_the_earlier_scan_whatever_it_is_doing() {
    let bench = Bench::new().await;
    let earlier = record(&bench, "v1").await;
    bench.compress(earlier, 2).await;
    let lease = bench.claim_number(earlier, 0).await.done().lease;
    let recorded = bench.record(&new_scan("v2", "v2")).await;
    let Recorded::New { scan, superseded, ready } = recorded else { panic!("{recorded:?}") };
    assert_eq!((superseded, ready.as_slice()), (Some(earlier), &[Task::Compress { scan, is_bulk: false }][..]));
    bench.assert_ended(earlier, Status::Cancelled, "superseded").await;
    assert_eq!(bench.detail(earlier).await.scan.summary.superseded_by, Some(scan));
    assert_eq!(bench.finish_range(&lease, "late").await.unwrap(), Fenced::Lost);
    assert_eq!(bench.claim_number(earlier, 1).await, Claim::Gone);
    let error = bench.retry(earlier).await.unwrap_err();
    assert_eq!(error.code(), "catalog.refused");
    assert!(error.to_string().contains("newer upload"), "{error}");
}

#[tokio::test]
async fn superseding_while_ranges_finish_leaves_no_lease_and_one_live_scan() {
    let bench = Bench::new().await;
    for round in 0..10 {
        let earlier = record(&bench, &format!("a{round}")).await;
        bench.compress(earlier, 3).await;
        let mut leases = Vec::new();
        for number in 0..3 {
            leases.push(bench.claim_number(earlier, number).await.done().lease);
        }
        bench
            .at_once(4, |place, worker| {
                let lease = leases[place % 3];
                async move {
                    if place == 3 {
                        let upload = new_scan(&format!("b{round}"), &format!("b{round}"));
                        worker.lock_key(BUCKET, KEY).await.unwrap().record(&upload).await.map(drop).unwrap();
                    } else {
                        worker.finish_range(&lease, &result_key(&lease)).await.map(drop).unwrap();
                    }
                }
            })
            .await;
        bench.assert_ended(earlier, Status::Cancelled, "superseded").await;
        assert!(bench.detail(earlier).await.ranges.iter().all(|range| range.heartbeat_at.is_none()));
    }
}

#[tokio::test]
async fn ended_scans_are_only_marked() {
    let bench = Bench::new().await;
    let failed = record(&bench, "v1").await;
    let lease = bench.claim(Stage::Compress, failed).await.done().lease;
    bench.fail(&lease, &crate::test_bench::failure(FailureCode::SourceDamaged)).await.unwrap().done();
    let reviewable = record(&bench, "v2").await;
    bench.assert_ended(failed, Status::Failed, "source.damaged").await;
    assert_eq!(bench.detail(failed).await.scan.summary.superseded_by, Some(reviewable));
    review(&bench, reviewable).await;
    let newest = record(&bench, "v3").await;
    let summary = bench.detail(reviewable).await.scan.summary;
    assert_eq!((summary.status, summary.superseded_by), (Status::PendingReview, Some(newest)));
    assert_eq!(bench.approve(reviewable).await.unwrap_err().code(), "catalog.refused");
    assert_eq!(bench.retry(failed).await.unwrap_err().code(), "catalog.refused");
}

/// Takes a scan that was uploaded to PENDING_REVIEW.
async fn review(bench: &Bench, scan: ScanId) {
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.finish_compress(&lease, &fan_out(&lease, 1)).await.unwrap().done();
    let lease = bench.claim_number(scan, 0).await.done().lease;
    bench.finish(&lease).await;
    let lease = bench.claim(Stage::Split, scan).await.done().lease;
    bench.finish_split(&lease, &crate::test_bench::publication(&lease, 1)).await.unwrap().done();
}

#[tokio::test]
async fn an_approved_scan_is_replaced_only_when_a_person_confirms() {
    let bench = Bench::new().await;
    let approved = record(&bench, "v1").await;
    review(&bench, approved).await;
    bench.approve(approved).await.unwrap();
    let Recorded::New { scan: second, superseded: None, ready } = bench.record(&new_scan("v2", "v2")).await else {
        panic!("superseded something")
    };
    assert_eq!(ready, []);
    assert_eq!(bench.claim(Stage::Compress, second).await, Claim::NotDue);
    bench.age_messages().await;
    assert_eq!(bench.resend(std::time::Duration::from_secs(1), 10).await.unwrap(), []);

    // A third upload replaces the second, and waits for confirmation too.
    let recorded = bench.record(&new_scan("v3", "v3")).await;
    let Recorded::New { scan: third, superseded, ready } = recorded else { panic!("{recorded:?}") };
    assert_eq!((superseded, ready), (Some(second), Vec::new()));
    assert_eq!(bench.confirm(second).await.unwrap_err().code(), "catalog.refused");
    assert_eq!(bench.detail(approved).await.scan.summary.superseded_by, None);

    // Cancelling and retrying does not replace the confirmation.
    bench.cancel(third).await.unwrap();
    assert_eq!(bench.retry(third).await.unwrap(), []);

    assert_eq!(bench.confirm(third).await.unwrap(), [Task::Compress { scan: third, is_bulk: false }]);
    let summary = bench.detail(approved).await.scan.summary;
    assert_eq!((summary.status, summary.superseded_by), (Status::Approved, Some(third)));
    bench.claim(Stage::Compress, third).await.done();
    assert_eq!(bench.confirm(third).await.unwrap_err().code(), "catalog.refused");
}

#[tokio::test]
async fn the_approved_file_uploaded_again_is_known() {
    let bench = Bench::new().await;
    let approved = record(&bench, "v1").await;
    review(&bench, approved).await;
    bench.approve(approved).await.unwrap();
    let same = NewScan { version_id: "v2".to_owned(), ..new_scan("v1", "v1") };
    assert_eq!(bench.record(&same).await, Recorded::Known { scan: approved, ready: Vec::new() });
}
