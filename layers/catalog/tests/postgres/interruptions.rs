//! An input that kills its worker is not retried forever.

use crate::test_bench::{Bench, MAXIMUM_ATTEMPTS, RULES, Unwrapping, failure};
use catalog::{Claim, Event, Lease, RangeDetail, RescueOutcome};
use domain::{FailureCode, ScanId, Stage, Status};

#[tokio::test]
async fn claims_over_stale_leases_end_at_the_ceiling() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    bench.claim(Stage::Compress, scan).await.done();
    for interruptions in 1..=RULES.maximum_interruptions {
        bench.age_leases().await;
        bench.claim(Stage::Compress, scan).await.done();
        assert_eq!(bench.detail(scan).await.scan.summary.interruptions, interruptions);
    }
    bench.age_leases().await;
    assert_eq!(bench.claim(Stage::Compress, scan).await, Claim::Interrupted);
    bench.assert_ended(scan, Status::Failed, "interrupted").await;
    bench.age_ends().await;
    let before = bench.database.snapshot().await.unwrap();
    assert_eq!(bench.claim(Stage::Compress, scan).await, Claim::Gone, "a late duplicate");
    assert_eq!(bench.database.snapshot().await.unwrap(), before);
}

#[tokio::test]
async fn rescues_end_at_the_ceiling() {
    let bench = Bench::new().await;
    let scan = bench.scanned().await;
    for _ in 0..RULES.maximum_interruptions {
        bench.claim(Stage::Split, scan).await.done();
        bench.age_leases().await;
        let rescued = bench.rescue(&RULES, 10).await.unwrap();
        assert!(matches!(rescued[..], [ref one] if matches!(one.outcome, RescueOutcome::Resent(_))), "{rescued:?}");
    }
    bench.claim(Stage::Split, scan).await.done();
    bench.age_leases().await;
    let rescued = bench.rescue(&RULES, 10).await.unwrap();
    assert_eq!(rescued.iter().map(|one| &one.outcome).collect::<Vec<_>>(), [&RescueOutcome::Interrupted]);
    bench.assert_ended(scan, Status::Failed, "interrupted").await;
}

#[tokio::test]
async fn a_range_past_the_ceiling_fails_its_scan_once_the_others_ended() {
    let bench = Bench::new().await;
    for by_claim in [true, false] {
        let (scan, leases) = bench.scanning(2).await;
        bench.finish(&leases[1]).await;
        for _ in 0..RULES.maximum_interruptions {
            bench.age_leases().await;
            bench.claim_number(scan, 0).await.done();
        }
        bench.age_leases().await;
        match by_claim {
            true => assert_eq!(bench.claim_number(scan, 0).await, Claim::Interrupted),
            false => assert_eq!(bench.rescue(&RULES, 10).await.unwrap()[0].outcome, RescueOutcome::Interrupted),
        }
        bench.assert_ended(scan, Status::Failed, "interrupted").await;
        bench.age_ends().await;
        assert_eq!(bench.claim_number(scan, 0).await, Claim::Gone, "a late duplicate");
    }
}

#[tokio::test]
async fn interruptions_and_attempts_are_counted_apart_and_start_anew_at_the_next_stage() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.give_back(&lease, &failure(FailureCode::ExternalFailed), MAXIMUM_ATTEMPTS).await.unwrap().done();
    bench.claim(Stage::Compress, scan).await.done();
    bench.age_leases().await;
    let claimed = bench.claim(Stage::Compress, scan).await.done();
    let summary = bench.detail(scan).await.scan.summary;
    assert_eq!((summary.attempts, summary.interruptions), (1, 1));
    let fan_out = crate::test_bench::fan_out(&claimed.lease, 1);
    bench.finish_compress(&claimed.lease, &fan_out).await.unwrap().done();
    let summary = bench.detail(scan).await.scan.summary;
    assert_eq!((summary.attempts, summary.interruptions, summary.error_code), (0, 0, None));
}

impl Bench {
    /// The worker of a range vanishes while it is working on these pages.
    async fn lose_worker(&self, lease: &Lease, pages: &[i32]) {
        assert!(self.heartbeat().await.beat(lease, pages).await.unwrap());
        assert_eq!(self.first_range(lease.scan).await.pages_at_work, pages);
        self.age_leases().await;
    }

    async fn first_range(&self, scan: ScanId) -> RangeDetail {
        self.detail(scan).await.ranges.swap_remove(0)
    }

    /// Loses the worker of range 0 again and again, each time while it is working on other pages. The suspects after
    /// each loss must be those given with them.
    async fn lose_workers(&self, scan: ScanId, mut lease: Lease, losses: &[(&[i32], &[i32])], by_claim: bool) {
        for (pages, suspects) in losses {
            self.lose_worker(&lease, pages).await;
            if !by_claim {
                assert_eq!(self.rescue(&RULES, 10).await.unwrap().len(), 1);
            }
            match self.claim_number(scan, 0).await {
                Claim::Claimed(claimed) => lease = claimed.lease,
                ended => assert!(matches!(ended, Claim::Interrupted | Claim::Gone), "{ended:?}"),
            }
            let range = self.first_range(scan).await;
            assert_eq!((range.suspects.as_slice(), range.pages_at_work.len()), (*suspects, 0), "after {pages:?}");
        }
    }
}

fn suspects(events: &[Event], kind: &str) -> Vec<serde_json::Value> {
    events.iter().filter(|event| event.kind == kind).map(|event| event.detail["suspects"].clone()).collect()
}

#[tokio::test]
async fn the_pages_of_lost_workers_are_the_suspects() {
    let bench = Bench::new().await;
    for by_claim in [true, false] {
        let (scan, leases) = bench.scanning(2).await;
        bench.finish(&leases[1]).await;
        // The page that all workers had in hand remains. A worker that had none in hand tells nothing.
        let losses: [(&[i32], &[i32]); 4] = [(&[1, 2], &[1, 2]), (&[2], &[2]), (&[], &[2]), (&[1, 2], &[2])];
        bench.lose_workers(scan, leases[0], &losses, by_claim).await;
        bench.assert_ended(scan, Status::Failed, "interrupted").await;
        let detail = bench.detail(scan).await;
        let message = detail.scan.summary.error_message.unwrap();
        assert_eq!(message, "Page range 0 failed. The worker stopped without reporting. It was working on page 2.");
        let named = suspects(&detail.events, "range_interrupted");
        assert_eq!(named, [serde_json::json!([1, 2]), serde_json::json!([2]), serde_json::json!([2])]);
        assert_eq!(suspects(&detail.events, "range_failed"), [serde_json::json!([2])]);
        bench.retry(scan).await.unwrap();
        assert_eq!(bench.first_range(scan).await.suspects, Vec::<i32>::new(), "a retry starts with fresh counts");
    }
}

#[tokio::test]
async fn a_range_that_finished_has_no_suspects() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(1).await;
    bench.lose_workers(scan, leases[0], &[(&[1, 2], &[1, 2])], false).await;
    let waiting = bench.first_range(scan).await;
    let message = "The worker stopped without reporting. It was working on the pages 1, 2.";
    assert_eq!(waiting.error_message.as_deref(), Some(message));
    let events = bench.detail(scan).await.events;
    assert_eq!(suspects(&events, "range_scanning"), [serde_json::Value::Null, serde_json::Value::Null]);
    let lease = bench.database.text("SELECT lease::text FROM page_ranges").await.unwrap();
    let lease = Lease { token: lease.parse().unwrap(), ..leases[0] };
    // A failed attempt is no lost worker: what it had in hand raises no suspicion.
    bench.heartbeat().await.beat(&lease, &[2]).await.unwrap();
    bench.give_back(&lease, &failure(FailureCode::ExternalFailed), MAXIMUM_ATTEMPTS).await.unwrap().done();
    let range = bench.first_range(scan).await;
    assert_eq!((range.suspects, range.pages_at_work), (vec![1, 2], vec![]));
    let lease = bench.claim_number(scan, 0).await.done().lease;
    bench.lose_workers(scan, lease, &[(&[3], &[3])], true).await;
    let lease = bench.database.text("SELECT lease::text FROM page_ranges").await.unwrap();
    bench.finish(&Lease { token: lease.parse().unwrap(), ..leases[0] }).await;
    assert_eq!(bench.first_range(scan).await.suspects, Vec::<i32>::new());
}
