//! Temporary errors: a few attempts, then the dead-letter queue, then a redrive or a retry.

use crate::test_bench::{Bench, MAXIMUM_ATTEMPTS, RULES, Unwrapping, failure, fan_out, range, terms};
use catalog::{Claim, ClaimTerms, GivenBack, Lease};
use domain::{FailureCode, ScanId, Stage, Status, Task};
use time::OffsetDateTime;

/// Gives a claim of this stage back until its retries are exhausted.
pub async fn exhaust(bench: &Bench, stage: Stage, scan: ScanId) {
    for attempts in 1..MAXIMUM_ATTEMPTS {
        let lease = bench.claim(stage, scan).await.done().lease;
        assert_eq!(give_back(bench, &lease).await, GivenBack::Waiting { attempts });
        let summary = bench.detail(scan).await.scan.summary;
        assert_eq!((summary.status, summary.error_code.as_deref()), (stage.waiting(), Some("objects.unreachable")));
    }
    let lease = bench.claim(stage, scan).await.done().lease;
    assert_eq!(give_back(bench, &lease).await, GivenBack::Exhausted);
}

pub async fn exhaust_range(bench: &Bench, scan: ScanId, number: i32) {
    for _ in 1..MAXIMUM_ATTEMPTS {
        let lease = bench.claim_number(scan, number).await.done().lease;
        assert!(matches!(give_back(bench, &lease).await, GivenBack::Waiting { .. }));
    }
    let lease = bench.claim_number(scan, number).await.done().lease;
    assert_eq!(give_back(bench, &lease).await, GivenBack::Exhausted);
}

async fn give_back(bench: &Bench, lease: &Lease) -> GivenBack {
    bench.give_back(lease, &failure(FailureCode::ObjectsUnreachable), MAXIMUM_ATTEMPTS).await.unwrap().done()
}

#[tokio::test]
async fn exhausted_stages_bounce_and_are_revived_by_a_later_message() {
    let bench = Bench::new().await;
    for stage in [Stage::Compress, Stage::Split] {
        let scan = if stage == Stage::Compress { bench.uploaded().await } else { bench.scanned().await };
        exhaust(&bench, stage, scan).await;
        bench.assert_ended(scan, Status::Failed, "retries_exhausted").await;
        let message = bench.detail(scan).await.scan.summary.error_message.unwrap();
        assert!(message.ends_with("[objects.unreachable]"), "{message}");

        let before = bench.database.snapshot().await.unwrap();
        assert_eq!(bench.claim(stage, scan).await, Claim::Exhausted);
        assert_eq!(bench.database.snapshot().await.unwrap(), before);

        bench.age_ends().await;
        bench.claim(stage, scan).await.done();
        assert_eq!(bench.attempts(scan).await, 0);
        assert_eq!(bench.status(scan).await, stage.busy());
        assert!(bench.kinds(scan).await.contains(&"retried".to_owned()));
    }
}

/// `reconcile` sends another message for a row that waits long, so one may still be in the queue when the last attempt
/// failed. However late it arrives, it is not a redrive.
#[tokio::test]
async fn a_message_from_before_the_failure_revives_nothing() {
    let bench = Bench::new().await;
    let before = terms(RULES);
    let scan = bench.uploaded().await;
    exhaust(&bench, Stage::Compress, scan).await;
    let redriven = || ClaimTerms { sent_at: OffsetDateTime::now_utc() + RULES.revival_grace, ..before };
    let unchanged = bench.database.snapshot().await.unwrap();
    assert_eq!(bench.claim_scan(Stage::Compress, scan, &before).await.unwrap(), Claim::Exhausted);
    assert_eq!(bench.database.snapshot().await.unwrap(), unchanged);
    bench.claim_scan(Stage::Compress, scan, &redriven()).await.unwrap().done();

    let scan = bench.compressed(1).await;
    exhaust_range(&bench, scan, 0).await;
    assert_eq!(bench.claim_range(scan, 1, 0, &before).await.unwrap(), Claim::Exhausted);
    bench.assert_ended(scan, Status::Failed, "retries_exhausted").await;
    bench.claim_range(scan, 1, 0, &redriven()).await.unwrap().done();
}

#[tokio::test]
async fn only_a_message_of_the_stage_that_gave_up_revives() {
    let bench = Bench::new().await;
    let scan = bench.scanned().await;
    exhaust(&bench, Stage::Split, scan).await;
    bench.age_ends().await;
    assert_eq!(bench.claim(Stage::Compress, scan).await, Claim::Gone);
    assert_eq!(bench.claim_number(scan, 0).await, Claim::Gone);
    bench.assert_ended(scan, Status::Failed, "retries_exhausted").await;
}

#[tokio::test]
async fn a_revived_scan_is_claimed_once() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    exhaust(&bench, Stage::Compress, scan).await;
    bench.age_ends().await;
    let claims = bench
        .at_once(6, |_, worker| async move { worker.claim_scan(Stage::Compress, scan, &terms(RULES)).await.unwrap() })
        .await;
    assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Claimed(_))).count(), 1);
    assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Busy)).count(), 5);
}

#[tokio::test]
async fn an_exhausted_range_comes_back_while_the_others_still_run() {
    let bench = Bench::new().await;
    let scan = bench.compressed(2).await;
    let other = bench.claim_number(scan, 1).await.done().lease;
    exhaust_range(&bench, scan, 0).await;
    assert_eq!(bench.status(scan).await, Status::Scanning);
    assert_eq!(bench.claim_number(scan, 0).await, Claim::Exhausted);
    bench.age_ends().await;
    let lease = bench.claim_number(scan, 0).await.done().lease;
    bench.finish(&other).await;
    assert_eq!(bench.finish(&lease).await, [Task::Split { scan }]);
}

#[tokio::test]
async fn exhausted_ranges_fail_their_scan_and_any_of_their_messages_revives_it() {
    let bench = Bench::new().await;
    let scan = bench.compressed(3).await;
    let finished = bench.claim_number(scan, 1).await.done().lease;
    bench.finish(&finished).await;
    exhaust_range(&bench, scan, 0).await;
    exhaust_range(&bench, scan, 2).await;
    bench.assert_ended(scan, Status::Failed, "retries_exhausted").await;
    assert_eq!(bench.claim_number(scan, 0).await, Claim::Exhausted);
    bench.age_ends().await;
    assert_eq!(bench.claim_number(scan, 1).await, Claim::Done(Vec::new()), "a late duplicate of the finished one");
    bench.assert_ended(scan, Status::Failed, "retries_exhausted").await;

    let claimed = bench.claim_number(scan, 2).await.done();
    let detail = bench.detail(scan).await;
    assert_eq!((detail.ranges[2].attempts, detail.scan.summary.status), (0, Status::Scanning));
    let other = bench.claim_number(scan, 0).await.done().lease;
    bench.finish(&claimed.lease).await;
    assert_eq!(bench.finish(&other).await, [Task::Split { scan }]);
    assert_eq!(bench.detail(scan).await.ranges[1].result_key, Some(crate::test_bench::result_key(&finished)));
}

#[tokio::test]
async fn a_scan_whose_input_is_at_fault_is_not_revived() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.fail(&lease, &failure(FailureCode::SourceEncrypted)).await.unwrap().done();
    bench.age_ends().await;
    assert_eq!(bench.claim(Stage::Compress, scan).await, Claim::Gone);
    bench.assert_ended(scan, Status::Failed, "source.encrypted").await;
}

#[tokio::test]
async fn a_person_resumes_a_failed_scan_where_it_stopped() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(3).await;
    bench.finish(&leases[0]).await;
    bench.fail(&leases[1], &failure(FailureCode::SourceDamaged)).await.unwrap().done();
    give_back(&bench, &leases[2]).await;
    let again = bench.claim_number(scan, 2).await.done().lease;
    bench.fail(&again, &failure(FailureCode::SourceDamaged)).await.unwrap().done();
    bench.assert_ended(scan, Status::Failed, "source.damaged").await;
    assert_eq!(bench.retry(scan).await.unwrap(), [range(scan, 1, 1), range(scan, 1, 2)]);
    let detail = bench.detail(scan).await;
    assert_eq!(detail.scan.summary.status, Status::Compressed);
    assert_eq!(detail.scan.summary.failed_stage, None);
    assert_eq!(detail.ranges[0].result_key, Some(crate::test_bench::result_key(&leases[0])));
    assert!(detail.ranges.iter().all(|range| range.attempts == 0));
    for number in [1, 2] {
        let lease = bench.claim_number(scan, number).await.done().lease;
        bench.finish(&lease).await;
    }
    assert_eq!(bench.status(scan).await, Status::Scanned);
}

#[tokio::test]
async fn missing_intermediates_send_a_scan_back_to_compress_but_not_for_ever() {
    let bench = Bench::new().await;
    let lease = bench.splitting().await;
    let scan = lease.scan;
    let mut ready = bench.return_to_compress(&lease, "compressed.zip is missing").await.unwrap().done();
    for generation in 2..=4 {
        assert_eq!(ready, [Task::Compress { scan, is_bulk: false }]);
        assert_eq!(bench.error_code(scan).await.as_deref(), Some("intermediates_missing"));
        let compress = bench.claim(Stage::Compress, scan).await.done().lease;
        let ranges = bench.finish_compress(&compress, &fan_out(&compress, 2)).await.unwrap().done();
        assert_eq!(ranges, [range(scan, generation, 0), range(scan, generation, 1)]);
        let rules = &terms(RULES);
        let first = bench.claim_range(scan, generation, 0, rules).await.unwrap().done().lease;
        bench.claim_range(scan, generation, 1, rules).await.unwrap().done();
        ready = bench.return_to_compress(&first, "range-0000.pdf is missing").await.unwrap().done();
    }
    assert_eq!(ready, []);
    bench.assert_ended(scan, Status::Failed, "intermediates_missing").await;
    assert!(bench.detail(scan).await.ranges.iter().all(|range| range.heartbeat_at.is_none()));
}
