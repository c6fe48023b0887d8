//! The sweeps: uploads without a scan, attempts without a row.

use crate::test_bench::{BUCKET, Bench, KEY, RULES, Unwrapping, failure, fan_out, new_scan, publication, result_key};
use catalog::Lease;
use domain::{AttemptPrefix, FailureCode, ListedUpload, Results, Stage, UploadKey, Work};
use time::OffsetDateTime;
use uuid::Uuid;

fn listed(key: &str, etag: &str) -> ListedUpload {
    let (key, etag) = (UploadKey::new(key), etag.to_owned());
    ListedUpload { key, etag, size_bytes: 1_000, last_modified: OffsetDateTime::UNIX_EPOCH }
}

#[tokio::test]
async fn uploads_without_a_scan_of_their_content_are_found() {
    let bench = Bench::new().await;
    bench.record(&new_scan("v1", "old")).await;
    bench.record(&new_scan("v2", "new")).await;
    let (new, old, lost) = (listed(KEY, "new"), listed(KEY, "old"), listed("original_scans/lost.pdf", "x"));
    assert_eq!(bench.unrecorded_uploads(BUCKET, &[&new, &lost]).await.unwrap(), [lost.key]);
    assert_eq!(bench.unrecorded_uploads(BUCKET, &[&old]).await.unwrap(), [UploadKey::new(KEY)]);
    assert_eq!(bench.unrecorded_uploads("another", &[&new]).await.unwrap(), [UploadKey::new(KEY)]);
    assert_eq!(bench.unrecorded_uploads(BUCKET, &[]).await.unwrap(), []);
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

fn work(lease: &Lease) -> AttemptPrefix<Work> {
    AttemptPrefix::work(lease.scan, lease.token)
}

fn results(lease: &Lease) -> AttemptPrefix<Results> {
    AttemptPrefix::result(lease.scan, lease.token)
}

#[tokio::test]
async fn attempts_live_while_a_row_names_them_or_holds_their_lease() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let given_back = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.give_back(&given_back, &failure(FailureCode::Panicked), 5).await.unwrap().done();
    let compress = bench.claim(Stage::Compress, scan).await.done().lease;
    let attempts = |leases: &[Lease]| leases.iter().map(work).collect::<Vec<_>>();
    let live = bench.live_attempts(&attempts(&[given_back, compress])).await.unwrap();
    assert_eq!(live, [work(&compress)], "a lease that is held");
    bench.finish_compress(&compress, &fan_out(&compress, 2)).await.unwrap().done();
    let finished = bench.claim_number(scan, 0).await.done().lease;
    let running = bench.claim_number(scan, 1).await.done().lease;
    bench.finish_range(&finished, &result_key(&finished)).await.unwrap().done();
    let mut live = bench.live_attempts(&attempts(&[given_back, compress, finished, running])).await.unwrap();
    live.sort();
    let mut expected = [compress, finished, running].map(|lease| work(&lease));
    expected.sort();
    assert_eq!(live, expected);

    bench.age_leases().await;
    bench.rescue(&RULES, 10).await.unwrap();
    assert_eq!(bench.live_attempts(&attempts(&[running])).await.unwrap(), []);
    let last = bench.claim_number(scan, 1).await.done().lease;
    bench.finish(&last).await;
    let split = bench.claim(Stage::Split, scan).await.done().lease;
    assert_eq!(bench.live_attempts(&[results(&split)]).await.unwrap().len(), 1);
    bench.finish_split(&split, &publication(&split, 1)).await.unwrap().done();
    let stranger = Lease { token: Uuid::new_v4(), ..split };
    let live = bench.live_attempts(&[results(&split), results(&stranger)]).await.unwrap();
    assert_eq!(live, [results(&split)]);
    // A row of another scan does not keep it alive.
    let elsewhere = results(&Lease { scan: scan + 1, ..split });
    assert_eq!(bench.live_attempts(&[elsewhere]).await.unwrap(), []);
}
