//! What is said about a message is what it then does, and who acted is recorded.

use crate::retries::{exhaust, exhaust_range};
use crate::test_bench::{Bench, KEY, RULES, new_scan, range};
use catalog::{Claim, Effect, LeaseRules, Recorded};
use domain::{Actor, Stage, Status, Task};
use serde_json::json;
use std::time::Duration;

impl Bench {
    /// The forecast, which must change nothing.
    async fn effect(&self, task: Task) -> Effect {
        let before = self.database.snapshot().await.unwrap();
        let forecast = self.forecast(&task, &RULES).await.unwrap();
        assert_eq!(self.database.snapshot().await.unwrap(), before, "{forecast:?}");
        forecast.effect
    }
}

#[tokio::test]
async fn exhausted_ranges_are_restarted_and_finished_ones_kept() {
    let bench = Bench::new().await;
    let scan = bench.compressed(3).await;
    let lease = match bench.claim_number(scan, 1).await {
        Claim::Claimed(claimed) => claimed.lease,
        other => panic!("{other:?}"),
    };
    bench.finish(&lease).await;
    exhaust_range(&bench, scan, 0).await;
    assert_eq!(bench.effect(range(scan, 1, 2)).await, Effect::Starts { stage: Stage::Scan });
    exhaust_range(&bench, scan, 2).await;
    assert_eq!(bench.effect(range(scan, 1, 0)).await, Effect::TooSoon);
    bench.age_ends().await;
    let restarts = Effect::Restarts { stage: Stage::Scan, ranges: vec![0, 2], kept: 1 };
    assert_eq!(bench.effect(range(scan, 1, 0)).await, restarts);
    assert_eq!(bench.effect(range(scan, 1, 1)).await, Effect::StageOver, "a late duplicate");
    let forecast = bench.forecast(&range(scan, 1, 0), &RULES).await.unwrap();
    assert_eq!(forecast.error_code.as_deref(), Some("retries_exhausted"));
    assert!(forecast.error_message.unwrap().ends_with("[objects.unreachable]"));
    // The claim does what was said.
    assert!(matches!(bench.claim_number(scan, 0).await, Claim::Claimed(_)));
    let detail = bench.detail(scan).await;
    assert_eq!(detail.ranges.iter().map(|range| range.attempts).collect::<Vec<_>>(), [0, 0, 0]);
    assert_eq!(detail.scan.summary.ranges_finished, 1);
    assert_eq!(bench.effect(range(scan, 1, 0)).await, Effect::Busy);
    assert_eq!(bench.effect(range(scan, 1, 2)).await, Effect::Starts { stage: Stage::Scan });
    bench.age_leases().await;
    assert_eq!(bench.effect(range(scan, 1, 0)).await, Effect::TakesOver { stage: Stage::Scan });
    let strict = LeaseRules { maximum_interruptions: 0, ..RULES };
    assert_eq!(bench.forecast(&range(scan, 1, 0), &strict).await.unwrap().effect, Effect::Interrupts);
}

#[tokio::test]
async fn exhausted_compress_and_split_are_restarted() {
    let bench = Bench::new().await;
    for (stage, kept) in [(Stage::Compress, 0), (Stage::Split, 1)] {
        let scan = if stage == Stage::Compress { bench.uploaded().await } else { bench.scanned().await };
        let task =
            if stage == Stage::Compress { Task::Compress { scan, is_bulk: false } } else { Task::Split { scan } };
        assert_eq!(bench.effect(task).await, Effect::Starts { stage });
        exhaust(&bench, stage, scan).await;
        bench.age_ends().await;
        assert_eq!(bench.effect(task).await, Effect::Restarts { stage, ranges: Vec::new(), kept });
        assert!(matches!(bench.claim(stage, scan).await, Claim::Claimed(_)));
        assert_eq!(bench.effect(task).await, Effect::Busy);
    }
}

#[tokio::test]
async fn a_message_that_does_nothing_says_why() {
    let bench = Bench::new().await;
    let unknown = bench.effect(Task::Split { scan: 4711 }).await;
    assert!(unknown == Effect::UnknownScan && !unknown.is_settled(), "{unknown:?}");

    let scan = bench.compressed(2).await;
    assert_eq!(bench.effect(Task::Compress { scan, is_bulk: false }).await, Effect::SendsNext { tasks: 2 });
    assert_eq!(bench.effect(Task::Split { scan }).await, Effect::NotReached);
    assert_eq!(bench.effect(range(scan, 0, 0)).await, Effect::OtherGeneration);
    let later = time::OffsetDateTime::now_utc() + Duration::from_secs(3_600);
    bench.defer(scan, later).await.unwrap();
    assert_eq!(bench.effect(range(scan, 1, 0)).await, Effect::Deferred);
    bench.cancel(scan).await.unwrap();
    let cancelled = bench.effect(range(scan, 1, 0)).await;
    assert!(cancelled == Effect::Cancelled && cancelled.is_settled(), "{cancelled:?}");

    let Recorded::New { scan: old, .. } = bench.record(&new_scan("v1", "e1")).await else { panic!("known") };
    let Recorded::New { scan: new, .. } = bench.record(&new_scan("v2", "e2")).await else { panic!("known") };
    assert_eq!(
        bench.effect(Task::Compress { scan: old, is_bulk: false }).await,
        Effect::Superseded { by: new },
        "{KEY}"
    );

    let scan = bench.reviewable().await;
    for task in [Task::Compress { scan, is_bulk: false }, range(scan, 1, 0), Task::Split { scan }] {
        assert_eq!(bench.effect(task).await, Effect::StageOver);
    }
}

#[tokio::test]
async fn every_event_of_an_action_has_the_name_of_the_operator() {
    let bench = Bench::new().await;
    let ada = bench.acting_as(&"Ada".parse::<Actor>().unwrap());
    let scan = bench.compressed(1).await;
    ada.cancel(scan).await.unwrap();
    ada.retry(scan).await.unwrap();
    assert!(ada.record_action(scan, "letter_redriven", json!({ "message": "m" })).await.unwrap());
    assert!(!ada.record_action(4711, "letter_redriven", json!({})).await.unwrap());
    // On the same connection, in a later transaction, without a name.
    bench.cancel(scan).await.unwrap();
    assert_eq!(bench.status(scan).await, Status::Cancelled);
    let events = bench.detail(scan).await.events;
    let told: Vec<_> = events.iter().map(|event| (event.kind.as_str(), event.actor.as_deref())).collect();
    let ada = Some("Ada");
    let expected = [("cancelled", ada), ("retried", ada), ("letter_redriven", ada), ("cancelled", None)];
    assert_eq!(told[told.len() - 4..], expected, "{told:?}");
    assert!(told[..told.len() - 4].iter().all(|(_, actor)| actor.is_none()), "{told:?}");
}
