//! Ranges that end at the same time: exactly one of them is the last.

use crate::test_bench::{Bench, RULES, Unwrapping, failure, fan_out, range, result_key, terms};
use catalog::{Claim, Fenced, Lease};
use domain::{FailureCode, Stage, Status, Task};

#[tokio::test]
async fn thirty_ranges_that_finish_together_start_one_split() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(30).await;
    let ready: Vec<Task> = bench
        .at_once(30, |place, worker| {
            let lease = leases[place];
            async move { worker.finish_range(&lease, &result_key(&lease)).await.unwrap().done() }
        })
        .await
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(ready, [Task::Split { scan }]);
    let detail = bench.detail(scan).await;
    assert_eq!((detail.scan.summary.status, detail.scan.summary.ranges_finished), (Status::Scanned, 30));
    assert_eq!(bench.kinds(scan).await.iter().filter(|kind| *kind == "scanned").count(), 1);
}

#[tokio::test]
async fn the_last_range_finishing_together_with_one_failing_fails_the_scan() {
    let bench = Bench::new().await;
    for _ in 0..10 {
        let (scan, leases) = bench.scanning(2).await;
        let ready: Vec<Task> = bench
            .at_once(2, |place, worker| {
                let lease = leases[place];
                async move {
                    if place == 0 {
                        return worker.finish_range(&lease, &result_key(&lease)).await.unwrap().done();
                    }
                    worker.fail(&lease, &failure(FailureCode::SourcePageTooLarge)).await.unwrap().done();
                    Vec::new()
                }
            })
            .await
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(ready, []);
        bench.assert_ended(scan, Status::Failed, "source.page_too_large").await;
        let message = bench.detail(scan).await.scan.summary.error_message.unwrap();
        assert!(message.contains("Page range 1 failed"), "{message}");
    }
}

#[tokio::test]
async fn the_other_ranges_go_on_after_one_gave_up() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(3).await;
    bench.fail(&leases[1], &failure(FailureCode::SourceDamaged)).await.unwrap().done();
    assert_eq!(bench.status(scan).await, Status::Scanning);
    assert_eq!(bench.claim_number(scan, 1).await, Claim::Gone);
    assert_eq!(bench.finish(&leases[0]).await, []);
    assert_eq!(bench.finish(&leases[2]).await, []);
    bench.assert_ended(scan, Status::Failed, "source.damaged").await;
}

#[tokio::test]
async fn what_fails_the_input_speaks_for_the_scan() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(3).await;
    bench.give_back(&leases[0], &failure(FailureCode::ObjectsUnreachable), 1).await.unwrap().done();
    bench.fail(&leases[2], &failure(FailureCode::SourceDamaged)).await.unwrap().done();
    bench.fail(&leases[1], &failure(FailureCode::SourceEncrypted)).await.unwrap().done();
    bench.assert_ended(scan, Status::Failed, "source.encrypted").await;
    let message = bench.detail(scan).await.scan.summary.error_message.unwrap();
    assert!(message.contains("Page ranges 0, 1, 2 failed"), "{message}");
}

#[tokio::test]
async fn an_old_generations_range_changes_nothing() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(2).await;
    let ready = bench.return_to_compress(&leases[0], "range-0000.pdf is missing").await.unwrap().done();
    assert_eq!(ready, [Task::Compress { scan, is_bulk: false }]);
    let claimed = bench.claim(Stage::Compress, scan).await.done();
    let ready = bench.finish_compress(&claimed.lease, &fan_out(&claimed.lease, 1)).await.unwrap().done();
    assert_eq!(ready, [range(scan, 2, 0)]);
    let new = bench.claim_range(scan, 2, 0, &terms(RULES)).await.unwrap().done().lease;
    let before = bench.database.snapshot().await.unwrap();
    assert_eq!(bench.finish_range(&leases[1], "late").await.unwrap(), Fenced::Lost);
    assert_eq!(bench.claim_number(scan, 1).await, Claim::Gone);
    // Even a valid token does not help: the generation is part of the lease.
    let mixed = Lease { range: Some((1, 0)), ..new };
    assert_eq!(bench.finish_range(&mixed, "late").await.unwrap(), Fenced::Lost);
    assert_eq!(bench.database.snapshot().await.unwrap(), before);
    assert_eq!(bench.finish(&new).await, [Task::Split { scan }]);
}
