//! The sweeps: uploads without a scan, attempts without a row.

use crate::test_bench::{BUCKET, Bench, KEY, RULES, Unwrapping, failure, fan_out, new_scan, publication, result_key};
use catalog::{AbandonedAttempt, NewScan, ScanRecord};
use domain::{Evidence, FailureCode, Finding, ListedUpload, Severity, Stage, Status, UploadKey};
use std::time::Duration;
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
async fn the_same_file_uploaded_again_after_a_failure_is_found() {
    let bench = Bench::new().await;
    let refused = NewScan { refusal: Some(failure(FailureCode::SourceNotPdf)), ..new_scan("v1", "same") };
    bench.record(&refused).await;
    let uploaded =
        |ago: Duration| ListedUpload { last_modified: OffsetDateTime::now_utc() - ago, ..listed(KEY, "same") };
    let minute = Duration::from_secs(60);
    assert_eq!(bench.unrecorded_uploads(BUCKET, &[&uploaded(minute)]).await.unwrap(), [], "the file that failed");
    bench.age_ends().await;
    assert_eq!(bench.unrecorded_uploads(BUCKET, &[&uploaded(minute)]).await.unwrap(), [UploadKey::new(KEY)]);
    bench.record(&new_scan("v2", "same")).await;
    assert_eq!(bench.unrecorded_uploads(BUCKET, &[&uploaded(minute)]).await.unwrap(), [], "it has a scan now");
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

async fn abandoned(bench: &Bench) -> Vec<Uuid> {
    let found = bench.abandoned_attempts(Duration::ZERO, 100).await.unwrap();
    found.into_iter().map(|attempt| attempt.token).collect()
}

#[tokio::test]
async fn an_attempt_is_abandoned_when_it_ended_without_publishing() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let given_back = bench.claim(Stage::Compress, scan).await.done().lease;
    assert!(abandoned(&bench).await.is_empty(), "a lease that is held");
    bench.give_back(&given_back, &failure(FailureCode::Panicked), 5).await.unwrap().done();
    let compress = bench.claim(Stage::Compress, scan).await.done().lease;
    let expected = AbandonedAttempt { scan, stage: Stage::Compress, token: given_back.token };
    assert_eq!(bench.abandoned_attempts(Duration::ZERO, 100).await.unwrap(), [expected]);
    bench.finish_compress(&compress, &fan_out(&compress, 2)).await.unwrap().done();

    let finished = bench.claim_number(scan, 0).await.done().lease;
    let killed = bench.claim_number(scan, 1).await.done().lease;
    bench.finish_range(&finished, &result_key(&finished)).await.unwrap().done();
    bench.age_leases().await;
    bench.rescue(&RULES, 10).await.unwrap();
    assert_eq!(abandoned(&bench).await, [given_back.token, killed.token]);

    let last = bench.claim_number(scan, 1).await.done().lease;
    bench.finish(&last).await;
    let taken_over = bench.claim(Stage::Split, scan).await.done().lease;
    bench.age_leases().await;
    let split = bench.claim(Stage::Split, scan).await.done().lease;
    bench.finish_split(&split, &publication(&split, 1)).await.unwrap().done();
    assert_eq!(abandoned(&bench).await, [given_back.token, killed.token, taken_over.token]);

    assert_eq!(bench.abandoned_attempts(Duration::from_secs(600), 100).await.unwrap(), [], "too young");
    for lease in [given_back, taken_over] {
        bench.mark_removed(lease.token).await.unwrap();
    }
    assert_eq!(abandoned(&bench).await, [killed.token]);
}

#[tokio::test]
async fn a_cancelled_scan_abandons_its_attempts() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(2).await;
    bench.cancel(scan).await.unwrap();
    let mut tokens: Vec<Uuid> = leases.iter().map(|lease| lease.token).collect();
    let mut found = abandoned(&bench).await;
    tokens.sort();
    found.sort();
    assert_eq!(found, tokens);
}

/// An empty database, and one restored from before these attempts, do not know them. A row that names a prefix protects
/// it whatever the attempts say.
#[tokio::test]
async fn a_database_that_does_not_know_an_attempt_does_not_abandon_it() {
    let bench = Bench::new().await;
    let scan = bench.reviewable().await;
    bench.database.execute("DELETE FROM attempts").await.unwrap();
    assert!(abandoned(&bench).await.is_empty());

    let named = "INSERT INTO attempts (token, scan_id, stage, generation, ended_at, is_published)
                 SELECT split_part(prefix, '/', 3)::uuid, id, 'split', 1, clock_timestamp(), false
                 FROM scans, unnest(ARRAY[result_prefix, work_prefix]) AS prefix";
    bench.database.execute(named).await.unwrap();
    assert!(abandoned(&bench).await.is_empty());
    bench.database.execute("UPDATE scans SET result_prefix = NULL").await.unwrap();
    assert_eq!(abandoned(&bench).await.len(), 1, "of scan {scan}");
}

#[tokio::test]
async fn what_nobody_looks_at_any_more_is_deleted() {
    let bench = Bench::new().await;
    let (approved, waiting) = (bench.reviewable().await, bench.uploaded().await);
    bench.approve(approved).await.unwrap();
    bench.record_sample(0, 0).await.unwrap();
    bench.database.execute("INSERT INTO upload_keys (bucket, key) VALUES ('uploads', 'vanished.pdf')").await.unwrap();
    let unsent: Vec<Uuid> = bench.unsent_events(&[], 10).await.unwrap().iter().map(|event| event.id).collect();
    bench.mark_sent(&unsent).await.unwrap();
    assert_eq!(bench.prune().await.unwrap(), 0, "all of it is young");

    let years = "UPDATE samples SET at = at - interval '2 years';
                 UPDATE scan_events SET at = at - interval '2 years';
                 UPDATE outbox SET sent_at = sent_at - interval '2 years';
                 UPDATE upload_keys SET seen_at = seen_at - interval '2 years'";
    bench.database.execute(years).await.unwrap();
    let timeline = bench.kinds(approved).await.len();
    assert_eq!(bench.prune().await.unwrap(), timeline as i64 + 3, "a sample, a published event, a key and a timeline");
    assert!(bench.kinds(approved).await.is_empty());
    assert_eq!(bench.kinds(waiting).await, ["uploaded"]);
    assert_eq!(bench.status(approved).await, Status::Approved);
}

/// The whole database is lost, and a record that split stored beside the results brings the scan back.
#[tokio::test]
async fn a_lost_scan_is_restored_from_its_record() {
    let bench = Bench::new().await;
    bench.uploaded().await;
    let lease = bench.splitting().await;
    let mut publication = publication(&lease, 2);
    publication.findings.push(Finding {
        code: FailureCode::PageSkipped,
        severity: Severity::ShouldLook,
        page_index: Some(1),
        message: "Ada has page 2 skipped.".to_owned(),
        evidence: Evidence::default(),
    });
    bench.finish_split(&lease, &publication).await.unwrap().done();
    let before = bench.detail(lease.scan).await;
    let summary = &before.scan.summary;
    let record = ScanRecord {
        scan: lease.scan,
        bucket: BUCKET.to_owned(),
        key: summary.key.clone(),
        version_id: before.scan.version_id.clone(),
        etag: "etag".to_owned(),
        size_bytes: 1_000,
        reporter: "arc".to_owned(),
        volume: "12".to_owned(),
        pages: 2,
        token: lease.token,
        publication,
    };
    assert!(!bench.restore(&record).await.unwrap(), "it has a row");
    let text = serde_json::to_string(&record).unwrap();
    bench.database.execute("TRUNCATE scans, upload_keys RESTART IDENTITY CASCADE").await.unwrap();
    assert!(bench.restore(&serde_json::from_str(&text).unwrap()).await.unwrap());
    let after = bench.detail(lease.scan).await;
    assert_eq!((after.scan.summary.status, &after.opinions), (Status::PendingReview, &before.opinions));
    assert_eq!((after.findings, after.scan.summary.pages), (before.findings, before.scan.summary.pages));
    assert_eq!(after.skipped.iter().map(|skipped| skipped.page).collect::<Vec<_>>(), [2], "as the findings say");
    assert_eq!(after.scan.result_prefix, before.scan.result_prefix);
    assert_eq!(bench.kinds(lease.scan).await, ["restored"]);
    assert!(bench.unsent_events(&[], 10).await.unwrap().is_empty(), "its end was announced long ago");
    assert!(abandoned(&bench).await.is_empty());
    assert!(bench.uploaded().await > lease.scan, "new scans get new numbers");
}
