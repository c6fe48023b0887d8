//! What the command and the console read.

use crate::test_bench::{Bench, RULES, Unwrapping, publication};
use catalog::Filter;
use domain::{Stage, Status};

#[tokio::test]
async fn lists_are_newest_first_filtered_and_paged() {
    let bench = Bench::new().await;
    let mut uploaded = Vec::new();
    for _ in 0..3 {
        uploaded.push(bench.uploaded().await);
    }
    let (scanning, leases) = bench.scanning(2).await;
    bench.finish(&leases[0]).await;
    let reviewable = bench.reviewable().await;
    let ids = |scans: Vec<catalog::ScanSummary>| scans.iter().map(|scan| scan.id).collect::<Vec<_>>();
    let all = [reviewable, scanning, uploaded[2], uploaded[1], uploaded[0]];
    assert_eq!(ids(bench.scans(&Filter::default()).await.unwrap()), all);
    let page = Filter { before: Some(scanning), limit: 2, ..Filter::default() };
    assert_eq!(ids(bench.scans(&page).await.unwrap()), all[2..4]);
    let filter = Filter { statuses: vec![Status::Scanning, Status::PendingReview], ..Filter::default() };
    let scans = bench.scans(&filter).await.unwrap();
    assert_eq!((scans[0].opinions, scans[0].ranges, scans[0].ranges_finished), (2, 1, 1));
    assert_eq!((scans[1].opinions, scans[1].ranges, scans[1].ranges_finished), (0, 2, 1));
    let key = scans[1].key.clone();
    let filter = Filter { key: Some(key), ..Filter::default() };
    assert_eq!(ids(bench.scans(&filter).await.unwrap()), [scanning]);
    assert_eq!(bench.scan(reviewable + 1).await.unwrap(), None);
}

#[tokio::test]
async fn a_scan_in_json_carries_plain_names_and_times() {
    let bench = Bench::new().await;
    let lease = bench.splitting().await;
    bench.age_leases().await;
    let lease = bench.claim(Stage::Split, lease.scan).await.done().lease;
    let json = serde_json::to_value(bench.detail(lease.scan).await).unwrap();
    assert_eq!((json["scan"]["status"].as_str(), json["scan"]["id"].as_i64()), (Some("SPLITTING"), Some(lease.scan)));
    assert!(json["scan"]["heartbeat_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(json["ranges"][0]["status"], "FINISHED");
    let last = json["events"].as_array().unwrap().last().unwrap();
    assert_eq!((last["kind"].as_str(), last["detail"]["interruptions"].as_i64()), (Some("interrupted"), Some(1)));
    assert_eq!(last["detail"]["lease"].as_str(), Some(lease.token.to_string().as_str()));
    bench.finish_split(&lease, &publication(&lease, 1)).await.unwrap().done();
    let json = serde_json::to_value(bench.detail(lease.scan).await).unwrap();
    assert_eq!(
        (json["opinions"][0]["sequence"].as_i64(), json["scan"]["results"]["opinions"].as_i64()),
        (Some(1), Some(1))
    );
}

#[tokio::test]
async fn a_sample_counts_what_is_unfinished() {
    let bench = Bench::new().await;
    bench.uploaded().await;
    let compressing = bench.uploaded().await;
    bench.claim(Stage::Compress, compressing).await.done();
    bench.compressed(2).await;
    let (_, leases) = bench.scanning(3).await;
    bench.finish(&leases[0]).await;
    bench.scanned().await;
    bench.splitting().await;
    bench.reviewable().await;
    let sample = bench.record_sample(7, 9).await.unwrap();
    let counts = [
        sample.uploaded,
        sample.compressing,
        sample.compressed,
        sample.scanning,
        sample.scanned,
        sample.splitting,
        sample.waiting_for_person,
        sample.ranges_waiting,
        sample.ranges_scanning,
        sample.unsent_events,
    ];
    assert_eq!(counts, [1, 1, 1, 1, 1, 1, 0, 2, 2, 1]);
    assert_eq!((sample.rescued, sample.resent), (7, 9));
    assert!(sample.oldest_message_seconds < 600.0);
    bench.age_messages().await;
    let second = bench.record_sample(0, 0).await.unwrap();
    assert!(second.oldest_message_seconds >= 3_600.0);
    let both = [sample, second];
    assert_eq!(bench.samples(1).await.unwrap(), both[1..]);
    assert_eq!(bench.samples(5).await.unwrap(), both);
    bench.rescue(&RULES, 1).await.unwrap();
}

#[tokio::test]
async fn a_sample_of_nothing_is_zero() {
    let sample = Bench::new().await.record_sample(0, 0).await.unwrap();
    assert_eq!((sample.uploaded, sample.oldest_message_seconds), (0, 0.0));
}
