//! What the command and the console read.

use crate::test_bench::{Bench, RULES, Unwrapping, findings, publication};
use catalog::{Filter, Publication};
use domain::{Evidence, EvidenceBox, Finding, FindingCounts, Stage, Status};

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
async fn findings_are_counted_and_listed() {
    let bench = Bench::new().await;
    let lease = bench.splitting().await;
    let before = bench.detail(lease.scan).await;
    assert_eq!((before.scan.summary.finding_counts, before.findings.len()), (None, 0));
    bench.finish_split(&lease, &publication(&lease, 1)).await.unwrap().done();
    let counts = Some(FindingCounts { must_look: 2, should_look: 0, note: 1 });
    assert_eq!(bench.scans(&Filter::default()).await.unwrap()[0].finding_counts, counts);
    let detail = bench.detail(lease.scan).await;
    assert_eq!(detail.scan.summary.finding_counts, counts);
    // As `findings.json` has them.
    assert_eq!(serde_json::to_value(&detail.findings).unwrap(), serde_json::to_value(findings()).unwrap());
}

/// A name in a volume may be any text, and PostgreSQL stores no NUL.
#[tokio::test]
async fn findings_may_quote_any_text() {
    let bench = Bench::new().await;
    let lease = bench.splitting().await;
    let text = "a\0b\u{1b}\u{202e}\\u0000{\"'".to_owned();
    let found =
        EvidenceBox { label: text.clone(), confidence: Some(f64::NAN), bbox: [0.0, -1.5, f64::INFINITY, 1e300] };
    let evidence = Evidence { boxes: vec![found], readings: vec![text.clone()], neighbours: vec![usize::MAX] };
    let hostile = Finding { message: text.clone(), evidence, ..findings().remove(0) };
    let publication = Publication { findings: vec![hostile], ..publication(&lease, 1) };
    bench.finish_split(&lease, &publication).await.unwrap().done();
    let found = bench.detail(lease.scan).await.findings.remove(0);
    let expected = text.replace('\0', "\u{fffd}");
    assert_eq!((found.message.as_str(), found.evidence["readings"][0].as_str()), (&*expected, Some(&*expected)));
    assert_eq!(found.evidence["boxes"][0]["label"], *expected);
}

#[tokio::test]
async fn rows_of_other_versions_can_be_read() {
    let bench = Bench::new().await;
    // The split of the release before findings existed: not to have looked is not to have found nothing.
    let lease = bench.splitting().await;
    let summary = serde_json::json!({ "opinions": 1 });
    let old = Publication { findings: Vec::new(), summary, ..publication(&lease, 1) };
    bench.finish_split(&lease, &old).await.unwrap().done();
    assert_eq!(bench.detail(lease.scan).await.scan.summary.finding_counts, None);
    assert_eq!(bench.unsent_events(&[], 1).await.unwrap()[0].detail["finding_counts"], serde_json::Value::Null);
    // A later release, which knows more codes and more evidence.
    let scan = bench.reviewable().await;
    let newer = "UPDATE findings SET code = 'finding.of_tomorrow', evidence = '{\"colour\": 1}'";
    bench.database.execute(newer).await.unwrap();
    assert_eq!(bench.detail(scan).await.findings[0].code, "finding.of_tomorrow");
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
    assert_eq!(bench.samples_of(time::Duration::hours(1)).await.unwrap(), both);
    assert_eq!(bench.samples_of(time::Duration::ZERO).await.unwrap(), []);
    bench.rescue(&RULES, 1).await.unwrap();
}

#[tokio::test]
async fn a_sample_of_nothing_is_zero() {
    let sample = Bench::new().await.record_sample(0, 0).await.unwrap();
    assert_eq!((sample.uploaded, sample.oldest_message_seconds), (0, 0.0));
}
