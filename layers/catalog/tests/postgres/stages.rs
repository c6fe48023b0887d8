//! A scan from the upload to approval, and what each step writes.

use crate::test_bench::{Bench, KEY, Unwrapping, fan_out, new_scan, publication, range, result_key};
use catalog::{CatalogError, Claim, Recorded};
use domain::{Stage, Status, Task};

#[tokio::test]
async fn an_upload_goes_all_the_way() {
    let bench = Bench::new().await;
    let Recorded::New { scan, superseded: None, ready } = bench.record(&new_scan("v1", "e1")).await else {
        panic!("known")
    };
    assert_eq!(ready, [Task::Compress { scan, is_bulk: false }]);

    let claimed = bench.claim(Stage::Compress, scan).await.done();
    assert_eq!((claimed.key.as_str(), claimed.version_id.as_str()), (KEY, "v1"));
    assert_eq!((claimed.ranges.len(), claimed.first_page), (0, Some(201)));
    let recorded = bench.detail(scan).await.scan;
    assert_eq!((recorded.etag.as_str(), recorded.summary.attempts), ("e1", 0));
    let ready = bench.finish_compress(&claimed.lease, &fan_out(&claimed.lease, 2)).await.unwrap().done();
    assert_eq!(ready, [range(scan, 1, 0), range(scan, 1, 1)]);
    assert_eq!(bench.status(scan).await, Status::Compressed);

    let first = bench.claim_number(scan, 0).await.done();
    assert_eq!(bench.status(scan).await, Status::Scanning);
    assert_eq!((first.first_index, first.page_count, first.first_page), (0, 2, Some(201)));
    let second = bench.claim_number(scan, 1).await.done();
    assert_eq!((second.number, second.first_index, second.key.as_str()), (1, 2, KEY));
    assert!(second.input_key.ends_with("range-0001.pdf"));
    assert_eq!(bench.finish(&second.lease).await, []);
    assert_eq!(bench.finish(&first.lease).await, [Task::Split { scan }]);
    assert_eq!(bench.status(scan).await, Status::Scanned);

    let claimed = bench.claim(Stage::Split, scan).await.done();
    let results: Vec<_> = claimed.ranges.iter().map(|range| range.result_key.clone().unwrap()).collect();
    assert_eq!(results, [result_key(&first.lease), result_key(&second.lease)]);
    let recorded = bench.detail(scan).await.scan;
    assert_eq!((recorded.summary.pages, recorded.details["bytes"].as_i64()), (Some(4), Some(10)));
    assert!(!recorded.is_large);
    assert!(claimed.work_prefix.unwrap().starts_with("work/"));
    bench.finish_split(&claimed.lease, &publication(&claimed.lease, 3)).await.unwrap().done();
    bench.approve(scan).await.unwrap();

    let detail = bench.detail(scan).await;
    assert_eq!(detail.scan.summary.status, Status::Approved);
    assert_eq!(detail.opinions.iter().map(|opinion| opinion.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((detail.scan.last_page, detail.scan.summary.ranges_finished), (Some(207), 2));
    let expected = [
        "uploaded",
        "compressing",
        "compressed",
        "range_scanning",
        "scanning",
        "range_scanning",
        "range_finished",
        "range_finished",
        "scanned",
        "splitting",
        "pending_review",
        "approved",
    ];
    assert_eq!(bench.kinds(scan).await, expected);
}

#[tokio::test]
async fn a_fan_out_must_hold_every_page_once() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    let good = fan_out(&lease, 3);
    let mut gap = good.clone();
    gap.ranges.remove(1);
    let mut short = good.clone();
    short.pages += 1;
    let mut none = good.clone();
    (none.ranges, none.pages) = (Vec::new(), 0);
    for bad in [gap, short, none] {
        let error = bench.finish_compress(&lease, &bad).await.unwrap_err();
        assert_eq!(error.code(), "catalog.invalid");
    }
    assert_eq!(bench.status(scan).await, Status::Compressing);
    bench.finish_compress(&lease, &good).await.unwrap().done();
}

#[tokio::test]
async fn a_lease_of_one_stage_ends_no_other() {
    let bench = Bench::new().await;
    let (_, leases) = bench.scanning(1).await;
    let split = bench.splitting().await;
    let before = bench.database.snapshot().await.unwrap();
    let errors: Vec<CatalogError> = vec![
        bench.finish_compress(&split, &fan_out(&split, 1)).await.unwrap_err(),
        bench.finish_range(&split, "r").await.unwrap_err(),
        bench.finish_split(&leases[0], &publication(&leases[0], 1)).await.unwrap_err(),
        bench
            .claim_scan(Stage::Scan, split.scan, &crate::test_bench::terms(crate::test_bench::RULES))
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.code().as_str(), error.is_temporary()), ("catalog.invalid", false));
    }
    assert_eq!(bench.database.snapshot().await.unwrap(), before);
}

#[tokio::test]
async fn a_message_of_a_stage_that_is_over_sends_the_next_one() {
    let bench = Bench::new().await;
    let scan = bench.compressed(2).await;
    let both = vec![range(scan, 1, 0), range(scan, 1, 1)];
    assert_eq!(bench.claim(Stage::Compress, scan).await, Claim::Done(both));
    assert_eq!(bench.claim(Stage::Split, scan).await, Claim::Gone);
    let first = bench.claim_number(scan, 0).await.done();
    assert_eq!(bench.claim(Stage::Compress, scan).await, Claim::Done(vec![range(scan, 1, 1)]));
    bench.finish(&first.lease).await;
    assert_eq!(bench.claim_number(scan, 0).await, Claim::Done(Vec::new()));
    let second = bench.claim_number(scan, 1).await.done();
    bench.finish(&second.lease).await;
    assert_eq!(bench.claim_number(scan, 1).await, Claim::Done(vec![Task::Split { scan }]));
    assert_eq!(bench.claim(Stage::Compress, scan).await, Claim::Done(Vec::new()));
    let split = bench.claim(Stage::Split, scan).await.done();
    assert_eq!(bench.claim_number(scan, 1).await, Claim::Done(Vec::new()));
    bench.finish_split(&split.lease, &publication(&split.lease, 1)).await.unwrap().done();
    for stage in [Stage::Compress, Stage::Split] {
        assert_eq!(bench.claim(stage, scan).await, Claim::Done(Vec::new()));
    }
}

#[tokio::test]
async fn messages_about_nothing_are_gone() {
    let bench = Bench::new().await;
    let scan = bench.compressed(1).await;
    assert_eq!(bench.claim(Stage::Compress, scan + 1).await, Claim::Gone);
    assert_eq!(bench.claim_number(scan + 1, 0).await, Claim::Gone);
    assert_eq!(bench.claim_number(scan, 1).await, Claim::Gone);
    for generation in [0, 2] {
        let claim =
            bench.claim_range(scan, generation, 0, &crate::test_bench::terms(crate::test_bench::RULES)).await.unwrap();
        assert_eq!(claim, Claim::Gone);
    }
}
