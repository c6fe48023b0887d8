//! Claims: exactly one of several workers gets a row.

use crate::test_bench::{Bench, RULES, Unwrapping, publication, terms};
use catalog::{Claim, Lease};
use domain::{ScanId, Stage, Status};

fn winners<T>(claims: &[Claim<T>]) -> usize {
    claims.iter().filter(|claim| matches!(claim, Claim::Claimed(_))).count()
}

fn busy<T>(claims: &[Claim<T>]) -> usize {
    claims.iter().filter(|claim| matches!(claim, Claim::Busy)).count()
}

async fn claim_eight_times(bench: &Bench, stage: Stage, scan: ScanId) -> Vec<Claim<catalog::ClaimedScan>> {
    bench.at_once(8, |_, worker| async move { worker.claim_scan(stage, scan, &terms(RULES)).await.unwrap() }).await
}

async fn claim_range_eight_times(bench: &Bench, scan: ScanId) -> Vec<Claim<catalog::ClaimedRange>> {
    bench.at_once(8, |_, worker| async move { worker.claim_range(scan, 1, 0, &terms(RULES)).await.unwrap() }).await
}

#[tokio::test]
async fn one_of_many_claims_wins_and_the_others_find_it_busy() {
    let bench = Bench::new().await;
    let uploaded = bench.uploaded().await;
    let claims = claim_eight_times(&bench, Stage::Compress, uploaded).await;
    assert_eq!((winners(&claims), busy(&claims)), (1, 7));
    let scanned = bench.scanned().await;
    let claims = claim_eight_times(&bench, Stage::Split, scanned).await;
    assert_eq!((winners(&claims), busy(&claims)), (1, 7));
    let compressed = bench.compressed(2).await;
    let claims = claim_range_eight_times(&bench, compressed).await;
    assert_eq!((winners(&claims), busy(&claims)), (1, 7));
}

#[tokio::test]
async fn a_stale_lease_is_taken_over_once_and_charged_once() {
    let bench = Bench::new().await;
    for stage in [Stage::Compress, Stage::Split] {
        let scan = if stage == Stage::Compress { bench.uploaded().await } else { bench.scanned().await };
        let old = bench.claim(stage, scan).await.done().lease;
        bench.age_leases().await;
        let claims = claim_eight_times(&bench, stage, scan).await;
        assert_eq!((winners(&claims), busy(&claims)), (1, 7));
        let summary = bench.detail(scan).await.scan.summary;
        assert_eq!((summary.status, summary.interruptions), (stage.busy(), 1));
        assert_eq!(bench.kinds(scan).await.last().unwrap(), "interrupted");
        assert!(!bench.heartbeat().await.beat(&old, &[]).await.unwrap());
    }
}

#[tokio::test]
async fn a_stale_range_is_taken_over_once_and_charged_once() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(2).await;
    bench.age_leases().await;
    let claims = claim_range_eight_times(&bench, scan).await;
    assert_eq!((winners(&claims), busy(&claims)), (1, 7));
    let detail = bench.detail(scan).await;
    assert_eq!((detail.ranges[0].interruptions, detail.ranges[1].interruptions), (1, 0));
    let mut heartbeat = bench.heartbeat().await;
    assert!(!heartbeat.beat(&leases[0], &[]).await.unwrap());
    assert!(heartbeat.beat(&leases[1], &[]).await.unwrap());
}

#[tokio::test]
async fn a_heartbeat_keeps_a_lease_and_only_its_own() {
    let bench = Bench::new().await;
    let split = bench.splitting().await;
    let (scan, leases) = bench.scanning(1).await;
    let mut heartbeat = bench.heartbeat().await;
    for lease in [split, leases[0]] {
        bench.age_leases().await;
        assert!(heartbeat.beat(&lease, &[]).await.unwrap());
        let stranger = Lease { token: uuid::Uuid::new_v4(), ..lease };
        assert!(!heartbeat.beat(&stranger, &[]).await.unwrap());
    }
    assert_eq!(bench.claim_number(scan, 0).await, Claim::Busy);
    assert!(heartbeat.beat(&split, &[]).await.unwrap());
    bench.finish_split(&split, &publication(&split, 1)).await.unwrap().done();
    assert!(!heartbeat.beat(&split, &[]).await.unwrap());
    assert_eq!(bench.status(split.scan).await, Status::PendingReview);
}

#[tokio::test]
async fn a_heartbeat_connects_again_after_the_database_ended_its_connection() {
    let bench = Bench::new().await;
    let lease = bench.splitting().await;
    let mut heartbeat = bench.heartbeat().await;
    assert!(heartbeat.beat(&lease, &[]).await.unwrap());
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    bench.database.execute(others).await.unwrap();
    let error = heartbeat.beat(&lease, &[]).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
    assert!(heartbeat.beat(&lease, &[]).await.unwrap());
    // The catalog pings before use, and needs no second try.
    assert_eq!(bench.claim(Stage::Split, lease.scan).await, Claim::Busy);
}
