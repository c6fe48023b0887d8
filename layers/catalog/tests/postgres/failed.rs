//! Which scans a retry of many is for, and how long it takes.

use crate::retries::{exhaust, exhaust_range};
use crate::test_bench::{Bench, failure};
use domain::{FailureCode, Stage};

#[tokio::test]
async fn failed_scans_are_found_by_code_and_stage_with_the_time_that_they_need() {
    let bench = Bench::new().await;
    let nothing = bench.failed_scans(None, None).await.unwrap();
    assert_eq!((nothing.scans, nothing.seconds), (Vec::new(), None));

    let compress = bench.uploaded().await;
    exhaust(&bench, Stage::Compress, compress).await;
    let unknown = bench.failed_scans(None, None).await.unwrap();
    assert_eq!((unknown.scans, unknown.seconds), (vec![compress], None), "there is nothing to learn from");

    let input = bench.uploaded().await;
    let lease = match bench.claim(Stage::Compress, input).await {
        catalog::Claim::Claimed(claimed) => claimed.lease,
        other => panic!("{other:?}"),
    };
    let _ = bench.fail(&lease, &failure(FailureCode::SourceDamaged)).await.unwrap();
    let scan = bench.compressed(2).await;
    exhaust_range(&bench, scan, 0).await;
    exhaust_range(&bench, scan, 1).await;
    let split = bench.scanned().await;
    exhaust(&bench, Stage::Split, split).await;
    bench.reviewable().await;
    // Every attempt took ten seconds. There were three of compress and two of scan that published.
    bench.database.execute("UPDATE attempts SET started_at = ended_at - interval '10 seconds'").await.unwrap();

    let found = |code, stage| {
        let bench = &bench;
        async move {
            let failed = bench.failed_scans(code, stage).await.unwrap();
            (failed.scans, failed.seconds.map(f64::round))
        }
    };
    assert_eq!(found(Some("source.damaged"), None).await.0, [input]);
    assert_eq!(found(Some("retries_exhausted"), None).await.0, [compress, scan, split]);
    let unreachable = Some("objects.unreachable");
    assert_eq!(found(unreachable, Some(Stage::Scan)).await, (vec![scan], Some(30.0)));
    assert_eq!(found(unreachable, Some(Stage::Split)).await, (vec![split], Some(10.0)));
    assert_eq!(found(unreachable, Some(Stage::Compress)).await, (vec![compress], Some(27.0)));
    assert_eq!(found(None, None).await.0, [compress, input, scan, split]);
    bench.retry(split).await.unwrap();
    assert_eq!(found(unreachable, Some(Stage::Split)).await, (Vec::new(), None));
}
