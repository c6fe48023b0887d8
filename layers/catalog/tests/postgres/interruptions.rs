//! An input that kills its worker is not retried forever.

use crate::test_bench::{Bench, MAXIMUM_ATTEMPTS, RULES, Unwrapping, failure};
use catalog::{Claim, RescueOutcome};
use domain::{FailureCode, Stage, Status};

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
