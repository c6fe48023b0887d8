//! `rescue` recovers rows with stale leases, and no others.

use crate::test_bench::{Bench, MAXIMUM_ATTEMPTS, RULES, Unwrapping, failure, range, result_key, terms};
use catalog::{Claim, RescueOutcome, Rescued};
use domain::{FailureCode, ScanId, Stage, Status, Task};
use std::collections::HashSet;

fn ready(rescued: &[Rescued]) -> HashSet<Task> {
    let ready = |rescued: &Rescued| match &rescued.outcome {
        RescueOutcome::Resent(ready) => *ready,
        RescueOutcome::Interrupted => panic!("{rescued:?}"),
    };
    rescued.iter().map(ready).collect()
}

#[tokio::test]
async fn every_kind_of_stale_row_waits_again_and_is_charged() {
    let bench = Bench::new().await;
    let compress = bench.uploaded().await;
    bench.claim(Stage::Compress, compress).await.done();
    let (scan, leases) = bench.scanning(3).await;
    bench.finish(&leases[1]).await;
    let split = bench.splitting().await.scan;
    bench.age_leases().await;
    let rescued = bench.rescue(&RULES, 100).await.unwrap();
    let expected = [
        Task::Compress { scan: compress, is_bulk: false },
        Task::Split { scan: split },
        range(scan, 1, 0),
        range(scan, 1, 2),
    ];
    assert_eq!(ready(&rescued), expected.into_iter().collect());
    assert!(rescued.iter().all(|rescued| rescued.idle.as_secs() >= 3_600));
    for (scan, status) in [(compress, Status::Uploaded), (split, Status::Scanned), (scan, Status::Scanning)] {
        assert_eq!(bench.status(scan).await, status);
    }
    let ranges = bench.detail(scan).await.ranges;
    assert_eq!(ranges.iter().map(|range| range.interruptions).collect::<Vec<_>>(), [1, 0, 1]);
    assert_eq!(bench.rescue(&RULES, 100).await.unwrap(), []);
    assert_eq!(bench.resend(RULES.stale_after, 100).await.unwrap(), [], "rescued rows are stamped as sent");
    bench.claim_number(scan, 0).await.done();
}

#[tokio::test]
async fn live_leases_and_waiting_rows_are_left_alone() {
    let bench = Bench::new().await;
    bench.splitting().await;
    bench.scanning(2).await;
    bench.compressed(2).await;
    bench.uploaded().await;
    let before = bench.database.snapshot().await.unwrap();
    assert_eq!(bench.rescue(&RULES, 100).await.unwrap(), []);
    assert_eq!(bench.database.snapshot().await.unwrap(), before);
}

#[tokio::test]
async fn ranges_of_a_cancelled_scan_are_nobodys_business() {
    let bench = Bench::new().await;
    let (scan, _) = bench.scanning(2).await;
    bench.age_leases().await;
    bench.cancel(scan).await.unwrap();
    bench.age_messages().await;
    assert_eq!(bench.rescue(&RULES, 100).await.unwrap(), []);
    assert_eq!(bench.resend(RULES.stale_after, 100).await.unwrap(), []);
}

#[tokio::test]
async fn a_limit_leaves_the_rest_to_the_next_pass() {
    let bench = Bench::new().await;
    for _ in 0..3 {
        bench.splitting().await;
    }
    bench.age_leases().await;
    assert_eq!(bench.rescue(&RULES, 2).await.unwrap().len(), 2);
    assert_eq!(bench.rescue(&RULES, 2).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_rescues_at_once_rescue_each_row_once() {
    let bench = Bench::new().await;
    let mut stuck = Vec::new();
    for _ in 0..5 {
        stuck.push(bench.splitting().await.scan);
        stuck.push(bench.scanning(2).await.0);
    }
    bench.age_leases().await;
    let rescued: Vec<Rescued> = bench
        .at_once(4, |_, worker| async move { worker.rescue(&RULES, 100).await.unwrap() })
        .await
        .into_iter()
        .flatten()
        .chain(bench.rescue(&RULES, 100).await.unwrap())
        .collect();
    assert_eq!(rescued.len(), 15);
    assert_eq!(ready(&rescued).len(), 15);
    for scan in stuck {
        let detail = bench.detail(scan).await;
        let charged = detail.scan.summary.interruptions + detail.ranges.iter().map(|r| r.interruptions).sum::<i32>();
        assert_eq!(charged as usize, detail.ranges.len().max(1), "{detail:?}");
    }
}

/// Claims and finishes ranges, while another worker rescues and resends.
async fn work_off(bench: &Bench, scan: ScanId, ranges: i32) {
    bench
        .at_once(4, |place, worker| async move {
            for round in 0..40 {
                if place == 0 {
                    worker.rescue(&RULES, 100).await.unwrap();
                    worker.resend(RULES.stale_after, 100).await.unwrap();
                    continue;
                }
                let number = (place as i32 + round) % ranges;
                if let Claim::Claimed(claimed) = worker.claim_range(scan, 1, number, &terms(RULES)).await.unwrap() {
                    let outcome = match round % 3 {
                        0 => worker
                            .give_back(&claimed.lease, &failure(FailureCode::Panicked), MAXIMUM_ATTEMPTS)
                            .await
                            .map(drop),
                        _ => worker.finish_range(&claimed.lease, &result_key(&claimed.lease)).await.map(drop),
                    };
                    outcome.unwrap();
                }
            }
        })
        .await;
}

#[tokio::test]
async fn rescue_in_the_middle_of_work_disturbs_nothing() {
    let bench = Bench::new().await;
    let scan = bench.compressed(12).await;
    work_off(&bench, scan, 12).await;
    // Workers in step can meet at a range each time, so that the one that gives it back always comes first.
    for number in 0..12 {
        if let Claim::Claimed(claimed) = bench.claim_range(scan, 1, number, &terms(RULES)).await.unwrap() {
            bench.finish_range(&claimed.lease, &result_key(&claimed.lease)).await.unwrap().done();
        }
    }
    let detail = bench.detail(scan).await;
    assert_eq!(detail.scan.summary.status, Status::Scanned, "{:?}", detail.ranges);
    assert!(detail.ranges.iter().all(|range| range.interruptions == 0 && range.result_key.is_some()));
    assert_eq!(bench.kinds(scan).await.iter().filter(|kind| *kind == "range_finished").count(), 12);
}
