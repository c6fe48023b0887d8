//! The slow sweeps: uploads without a scan, attempts without a row.

use crate::test_bench::{BUCKET, Bench, KEY, RULES, Unwrapping, failure, fan_out, new_scan, publication, result_key};
use catalog::{Attempt, Lease, SeenUpload};
use domain::{ScanId, Stage};
use uuid::Uuid;

fn seen(key: &str, etag: &str) -> SeenUpload {
    SeenUpload { key: key.to_owned(), etag: etag.to_owned() }
}

#[tokio::test]
async fn uploads_without_a_scan_of_their_content_are_found() {
    let bench = Bench::new().await;
    bench.record(&new_scan("v1", "old")).await;
    bench.record(&new_scan("v2", "new")).await;
    let listed = [seen(KEY, "\"new\""), seen("original_scans/lost.pdf", "x")];
    let lost = bench.unrecorded_uploads(BUCKET, &listed).await.unwrap();
    assert_eq!(lost, ["original_scans/lost.pdf"]);
    assert_eq!(bench.unrecorded_uploads(BUCKET, &[seen(KEY, "old")]).await.unwrap(), [KEY]);
    assert_eq!(bench.unrecorded_uploads("another", &[seen(KEY, "new")]).await.unwrap(), [KEY]);
    assert_eq!(bench.unrecorded_uploads(BUCKET, &[]).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cursor_is_kept_and_forgotten() {
    let bench = Bench::new().await;
    assert_eq!(bench.cursor("uploads").await.unwrap(), None);
    for position in ["a", "b"] {
        bench.set_cursor("uploads", Some(position)).await.unwrap();
        assert_eq!(bench.cursor("uploads").await.unwrap().as_deref(), Some(position));
    }
    assert_eq!(bench.cursor("attempts").await.unwrap(), None);
    bench.set_cursor("uploads", None).await.unwrap();
    assert_eq!(bench.cursor("uploads").await.unwrap(), None);
}

fn work(scan: ScanId, token: Uuid) -> Attempt {
    Attempt { prefix: format!("work/{scan}/{token}/"), scan, token }
}

fn results(lease: &Lease) -> Attempt {
    Attempt { prefix: format!("results/{}/{}/", lease.scan, lease.token), scan: lease.scan, token: lease.token }
}

#[tokio::test]
async fn attempts_live_while_a_row_names_them_or_holds_their_lease() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let given_back = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.give_back(&given_back, &failure("test"), 5).await.unwrap().done();
    let compress = bench.claim(Stage::Compress, scan).await.done().lease;
    let attempts = |leases: &[Lease]| leases.iter().map(|lease| work(scan, lease.token)).collect::<Vec<_>>();
    let live = bench.live_attempts(&attempts(&[given_back, compress])).await.unwrap();
    assert_eq!(live, [work(scan, compress.token).prefix], "a lease that is held");
    bench.finish_compress(&compress, &fan_out(&compress, 2)).await.unwrap().done();
    let finished = bench.claim_number(scan, 0).await.done().lease;
    let running = bench.claim_number(scan, 1).await.done().lease;
    bench.finish_range(&finished, &result_key(&finished)).await.unwrap().done();
    let mut live = bench.live_attempts(&attempts(&[given_back, compress, finished, running])).await.unwrap();
    live.sort();
    let mut expected = [compress, finished, running].map(|lease| work(scan, lease.token).prefix);
    expected.sort();
    assert_eq!(live, expected);

    bench.age_leases().await;
    bench.rescue(&RULES, 10).await.unwrap();
    assert_eq!(bench.live_attempts(&attempts(&[running])).await.unwrap(), Vec::<String>::new());
    let last = bench.claim_number(scan, 1).await.done().lease;
    bench.finish(&last).await;
    let split = bench.claim(Stage::Split, scan).await.done().lease;
    assert_eq!(bench.live_attempts(&[results(&split)]).await.unwrap().len(), 1);
    bench.finish_split(&split, &publication(&split, 1)).await.unwrap().done();
    let stranger = Lease { token: Uuid::new_v4(), ..split };
    let live = bench.live_attempts(&[results(&split), results(&stranger)]).await.unwrap();
    assert_eq!(live, [results(&split).prefix]);
    // Another scan's row does not keep it alive.
    let elsewhere = Attempt { scan: scan + 1, ..results(&split) };
    assert_eq!(bench.live_attempts(&[elsewhere]).await.unwrap(), Vec::<String>::new());
}
