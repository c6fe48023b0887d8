//! A worker that lost its lease changes nothing, whatever it calls and whichever worker has the row now.

use crate::test_bench::{Bench, MAXIMUM_ATTEMPTS, RULES, Unwrapping, failure, fan_out, publication, result_key};
use catalog::{Fenced, Lease, RescueOutcome};
use domain::{FailureCode, Stage};

/// Makes every call that takes this lease, and expects that none of them changes anything.
async fn assert_powerless(bench: &Bench, lease: &Lease) {
    let before = bench.database.snapshot().await.unwrap();
    match lease.stage {
        Stage::Compress => {
            assert_eq!(bench.finish_compress(lease, &fan_out(lease, 2)).await.unwrap(), Fenced::Lost);
        }
        Stage::Scan => {
            assert_eq!(bench.finish_range(lease, "late").await.unwrap(), Fenced::Lost);
            assert_eq!(bench.return_to_compress(lease, "late").await.unwrap(), Fenced::Lost);
        }
        Stage::Split => {
            assert_eq!(bench.finish_split(lease, &publication(lease, 1)).await.unwrap(), Fenced::Lost);
            assert_eq!(bench.return_to_compress(lease, "late").await.unwrap(), Fenced::Lost);
        }
    }
    let late = failure(FailureCode::Deadline);
    assert_eq!(bench.give_back(lease, &late, MAXIMUM_ATTEMPTS).await.unwrap(), Fenced::Lost);
    assert_eq!(bench.give_back(lease, &late, 1).await.unwrap(), Fenced::Lost);
    assert_eq!(bench.fail(lease, &late).await.unwrap(), Fenced::Lost);
    let mut heartbeat = bench.heartbeat().await;
    assert!(!heartbeat.beat(lease, &[]).await.unwrap());
    assert_eq!(bench.database.snapshot().await.unwrap(), before);
}

/// One lease for each stage, each on a different scan.
async fn leases(bench: &Bench) -> Vec<Lease> {
    let uploaded = bench.uploaded().await;
    let compress = bench.claim(Stage::Compress, uploaded).await.done().lease;
    let (_, scan) = bench.scanning(2).await;
    vec![compress, scan[0], bench.splitting().await]
}

#[tokio::test]
async fn after_reconcile_took_the_row_back() {
    let bench = Bench::new().await;
    let leases = leases(&bench).await;
    bench.age_leases().await;
    let rescued = bench.rescue(&RULES, 100).await.unwrap();
    assert_eq!(rescued.len(), 4);
    assert!(rescued.iter().all(|rescued| matches!(rescued.outcome, RescueOutcome::Resent(_))));
    for lease in &leases {
        assert_powerless(&bench, lease).await;
    }
}

#[tokio::test]
async fn after_another_worker_took_the_row_over() {
    let bench = Bench::new().await;
    let leases = leases(&bench).await;
    bench.age_leases().await;
    let mut others = Vec::new();
    for lease in &leases {
        others.push(match lease.range {
            None => bench.claim(lease.stage, lease.scan).await.done().lease,
            Some((_, number)) => bench.claim_number(lease.scan, number).await.done().lease,
        });
    }
    for lease in &leases {
        assert_powerless(&bench, lease).await;
    }
    // The new leases still work.
    bench.finish_compress(&others[0], &fan_out(&others[0], 1)).await.unwrap().done();
    bench.finish_range(&others[1], &result_key(&others[1])).await.unwrap().done();
    bench.finish_split(&others[2], &publication(&others[2], 1)).await.unwrap().done();
}

#[tokio::test]
async fn after_a_person_cancelled() {
    let bench = Bench::new().await;
    let leases = leases(&bench).await;
    for lease in &leases {
        bench.cancel(lease.scan).await.unwrap();
        assert_powerless(&bench, lease).await;
        bench.retry(lease.scan).await.unwrap();
        assert_powerless(&bench, lease).await;
    }
}

#[tokio::test]
async fn after_it_finished_itself() {
    let bench = Bench::new().await;
    let leases = leases(&bench).await;
    bench.finish_compress(&leases[0], &fan_out(&leases[0], 1)).await.unwrap().done();
    bench.finish_range(&leases[1], &result_key(&leases[1])).await.unwrap().done();
    bench.finish_split(&leases[2], &publication(&leases[2], 2)).await.unwrap().done();
    for lease in &leases {
        assert_powerless(&bench, lease).await;
    }
}

#[tokio::test]
async fn after_it_gave_the_row_back() {
    let bench = Bench::new().await;
    let leases = leases(&bench).await;
    for lease in &leases {
        bench.give_back(lease, &failure(FailureCode::ExternalFailed), MAXIMUM_ATTEMPTS).await.unwrap().done();
        assert_powerless(&bench, lease).await;
    }
}

#[tokio::test]
async fn a_worker_and_reconcile_that_meet_leave_one_outcome() {
    let bench = Bench::new().await;
    for _ in 0..20 {
        let (scan, leases) = bench.scanning(1).await;
        bench.age_leases().await;
        let outcomes = bench
            .at_once(2, |place, worker| {
                let lease = leases[0];
                async move {
                    match place {
                        0 => matches!(worker.finish_range(&lease, "r").await.unwrap(), Fenced::Done(_)),
                        _ => !worker.rescue(&RULES, 100).await.unwrap().is_empty(),
                    }
                }
            })
            .await;
        let happened = outcomes.iter().filter(|happened| **happened).count();
        assert_eq!(happened, 1, "either the worker finished, or its row was taken back");
        bench.cancel(scan).await.unwrap();
    }
}
