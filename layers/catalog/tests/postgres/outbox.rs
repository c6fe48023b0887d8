//! Every end of a scan is announced once.

use crate::test_bench::{Bench, RULES, Unwrapping, failure, findings, publication};
use catalog::{Fenced, Publication};
use domain::{FailureCode, ScanEnded, Stage};
use serde_json::{Value, json};
use std::collections::HashSet;

#[tokio::test]
async fn an_end_leaves_one_event_with_what_receivers_need() {
    let bench = Bench::new().await;
    let scan = bench.reviewable().await;
    let events = bench.unsent_events(&[], 10).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].scan, events[0].kind.as_str()), (scan, "PENDING_REVIEW"));
    let detail = &events[0].detail;
    assert_eq!((detail["opinions"].as_i64(), detail["reporter"].as_str()), (Some(2), Some("arc")));
    assert_eq!(detail["finding_counts"], json!({ "must_look": 2, "should_look": 0, "note": 1 }));
    assert!(detail["result_prefix"].as_str().unwrap().starts_with("results/"));
    bench.approve(scan).await.unwrap();
    assert_eq!(bench.unsent_events(&[], 10).await.unwrap().len(), 1, "approval is a person's, and no news");

    bench.mark_sent(&[events[0].id]).await.unwrap();
    bench.mark_sent(&[events[0].id]).await.unwrap();
    assert_eq!(bench.unsent_events(&[], 10).await.unwrap(), []);
}

#[tokio::test]
async fn every_way_to_fail_is_told_once_and_a_second_end_again() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.fail(&lease, &failure(FailureCode::SourceDamaged)).await.unwrap().done();
    assert_eq!(bench.fail(&lease, &failure(FailureCode::SourceDamaged)).await.unwrap(), Fenced::Lost);
    let codes = |events: &[ScanEnded]| {
        events.iter().map(|event| event.detail["code"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    let events = bench.unsent_events(&[], 10).await.unwrap();
    assert_eq!(
        (codes(&events), &events[0].detail["finding_counts"]),
        (vec!["source.damaged".to_owned()], &Value::Null)
    );

    bench.retry(scan).await.unwrap();
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.give_back(&lease, &failure(FailureCode::ObjectsUnreachable), 1).await.unwrap().done();
    let rules = catalog::LeaseRules { maximum_interruptions: 0, ..RULES };
    let killed = bench.uploaded().await;
    bench.claim(Stage::Compress, killed).await.done();
    bench.age_leases().await;
    bench.rescue(&rules, 10).await.unwrap();
    let (_, leases) = bench.scanning(1).await;
    bench.fail(&leases[0], &failure(FailureCode::SourcePageTooLarge)).await.unwrap().done();
    let cancelled = bench.uploaded().await;
    bench.cancel(cancelled).await.unwrap();

    let events = bench.unsent_events(&[], 10).await.unwrap();
    let expected = ["source.damaged", "retries_exhausted", "interrupted", "source.page_too_large"];
    assert_eq!(codes(&events), expected);
    assert_eq!(events.iter().map(|event| event.id).collect::<HashSet<_>>().len(), 4);
    assert_eq!(bench.unsent_events(&[], 2).await.unwrap(), events[..2]);
    let refused = [events[0].id, events[2].id];
    assert_eq!(bench.unsent_events(&refused, 2).await.unwrap(), [events[1].clone(), events[3].clone()]);
}

#[tokio::test]
async fn opinions_and_findings_are_replaced_not_doubled() {
    let bench = Bench::new().await;
    let lease = bench.splitting().await;
    // Rows that an earlier attempt left.
    let scan = lease.scan;
    let rows = format!(
        "INSERT INTO opinions (scan_id, sequence, file, redacted_key, first_page, last_page, caption_page_index,
             key_page_index) SELECT {scan}, n, 'old', 'old', 1, 1, 1, 1 FROM generate_series(1, 5) AS n;
         INSERT INTO findings (scan_id, sequence, code, severity, message, evidence)
             SELECT {scan}, n, 'old', 'must_look', 'old', '{{}}' FROM generate_series(1, 5) AS n"
    );
    bench.database.execute(&rows).await.unwrap();
    let publication = Publication { findings: findings()[1..].to_vec(), ..publication(&lease, 2) };
    bench.finish_split(&lease, &publication).await.unwrap().done();
    let detail = bench.detail(scan).await;
    let files: Vec<_> = detail.opinions.iter().map(|opinion| opinion.file.as_str()).collect();
    assert_eq!(files, ["opinion-0.pdf", "opinion-1.pdf"]);
    let codes: Vec<_> = detail.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["page.damaged", "page.not_compressed"]);
    let event = &bench.unsent_events(&[], 1).await.unwrap()[0].detail;
    assert_eq!((&event["opinions"], &event["finding_counts"]["must_look"]), (&json!(2), &json!(1)));
}
