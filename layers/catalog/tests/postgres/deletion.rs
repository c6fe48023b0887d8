//! What deleting a scan leaves, what attempts used, and rehearsals.

use crate::test_bench::{BUCKET, Bench, Unwrapping, failure, new_scan};
use catalog::{CatalogError, Recorded, Usage};
use domain::{FailureCode, Stage, Status, Task};
use std::time::Duration;

#[tokio::test]
async fn a_deleted_scan_has_no_results_and_is_made_again_from_its_original() {
    let bench = Bench::new().await;
    let scan = bench.reviewable().await;
    let key = bench.detail(scan).await.scan.summary.key;
    let mut attempts = bench.delete(scan, false).await.unwrap();
    attempts.sort_by_key(|attempt| attempt.stage.as_str());
    let stages: Vec<Stage> = attempts.iter().map(|attempt| attempt.stage).collect();
    assert_eq!(stages, [Stage::Compress, Stage::Scan, Stage::Split]);
    // If nobody removes their files, the sweep does.
    assert_eq!(bench.abandoned_attempts(Duration::ZERO, 10).await.unwrap().len(), 3);
    bench.assert_ended(scan, Status::Cancelled, "deleted").await;
    let detail = bench.detail(scan).await;
    assert!(detail.ranges.is_empty() && detail.opinions.is_empty() && detail.findings.is_empty(), "{detail:?}");
    assert!(detail.scan.result_prefix.is_none() && detail.scan.work_prefix.is_none() && detail.scan.results.is_none());
    let kinds = bench.kinds(scan).await;
    assert_eq!(kinds[kinds.len() - 2..], ["cancelled", "deleted"]);

    assert_eq!(bench.retry(scan).await.unwrap(), [Task::Compress { scan, is_bulk: false }]);
    bench.cancel(scan).await.unwrap();
    // Or the same file is uploaded again.
    let etag = bench.detail(scan).await.scan.etag;
    let again = bench.lock_key(BUCKET, &key).await.unwrap();
    assert!(matches!(again.record(&new_scan("later", &etag)).await.unwrap(), Recorded::New { .. }));
}

#[tokio::test]
async fn a_scan_is_deleted_only_when_nobody_works_on_it_and_nobody_approved_it() {
    let bench = Bench::new().await;
    let (scanning, _) = bench.scanning(2).await;
    for scan in [bench.uploaded().await, bench.compressed(1).await, scanning, bench.splitting().await.scan] {
        let before = bench.database.snapshot().await.unwrap();
        let refusal = bench.delete(scan, false).await.unwrap_err();
        assert!(matches!(&refusal, CatalogError::Refused { reason, .. } if reason.contains("Cancel it")), "{refusal}");
        assert_eq!(bench.database.snapshot().await.unwrap(), before);
    }
    let approved = bench.reviewable().await;
    bench.approve(approved).await.unwrap();
    assert_eq!(bench.delete(approved, false).await.unwrap_err().code(), "catalog.refused");
}

#[tokio::test]
async fn a_failed_scan_that_was_deleted_counts_as_failed_no_more() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.fail(&lease, &failure(FailureCode::SourceDamaged)).await.unwrap().done();
    assert_eq!(bench.delete(scan, true).await.unwrap().len(), 1);
    assert!(bench.failed_scans(None, None).await.unwrap().scans.is_empty());
    assert!(!bench.kinds(scan).await.contains(&"retried".to_owned()));
    // Its files are gone, but it can be deleted again, for example together with its original.
    bench.mark_removed(lease.token).await.unwrap();
    assert_eq!(bench.delete(scan, true).await.unwrap(), []);
}

/// Results that were published before attempts had a table of their own are known only by their prefixes.
#[tokio::test]
async fn attempts_without_a_row_are_found_by_the_prefixes_of_the_scan() {
    let bench = Bench::new().await;
    let scan = bench.reviewable().await;
    bench.database.execute("DELETE FROM attempts").await.unwrap();
    let columns = format!(
        "work_prefix = 'work/{scan}/0b0e9a6e-8a3d-4b7e-9d0c-3f1f5c7f7a11/',
         result_prefix = 'results/{scan}/0b0e9a6e-8a3d-4b7e-9d0c-3f1f5c7f7a12/'"
    );
    bench.database.execute(&format!("UPDATE scans SET {columns} WHERE id = {scan}")).await.unwrap();
    bench.database.execute("UPDATE page_ranges SET result_key = 'nonsense'").await.unwrap();
    let mut stages: Vec<&str> =
        bench.delete(scan, false).await.unwrap().iter().map(|attempt| attempt.stage.as_str()).collect();
    stages.sort_unstable();
    assert_eq!(stages, ["compress", "split"]);
}

#[tokio::test]
async fn what_attempts_used_adds_up_and_an_unrecorded_one_has_the_memory_of_the_last() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(2).await;
    let usage = Usage {
        memory_megabytes: Some(2_048),
        bytes_read: 500,
        bytes_written: 70,
        read_requests: 4,
        write_requests: 2,
    };
    bench.finish(&leases[0]).await;
    bench.record_usage(leases[0].token, &usage).await.unwrap();
    bench.finish(&leases[1]).await;
    bench.database.execute("UPDATE attempts SET started_at = ended_at - interval '10 seconds'").await.unwrap();
    for chosen in [Some(scan), None] {
        let report = bench.usage(chosen, 30).await.unwrap();
        let [compress, scanned] = report.stages.as_slice() else { panic!("{report:?}") };
        assert_eq!((compress.attempts, compress.unrecorded, compress.gigabyte_seconds), (1, 1, None));
        assert_eq!((scanned.attempts, scanned.unrecorded, scanned.seconds.round()), (2, 1, 20.0));
        assert_eq!(scanned.gigabyte_seconds.map(f64::round), Some(40.0));
        let totals = (scanned.bytes_read, scanned.bytes_written, scanned.read_requests, scanned.write_requests);
        assert_eq!((totals, report.scans), ((500, 70, 4, 2), 1));
        assert!(report.pages > 0 && report.stored_bytes > 0, "{report:?}");
    }
    assert_eq!(bench.usage(Some(scan + 1), 30).await.unwrap().scans, 0);
    bench.database.execute("UPDATE attempts SET ended_at = ended_at - interval '2 days'").await.unwrap();
    assert_eq!(bench.usage(None, 1).await.unwrap().stages, []);
}

#[tokio::test]
async fn a_rehearsal_answers_as_the_deed_and_changes_nothing() {
    let bench = Bench::new().await;
    let (busy, _) = bench.scanning(2).await;
    let waiting = bench.uploaded().await;
    bench.age_leases().await;
    bench.age_messages().await;
    let before = bench.database.snapshot().await.unwrap();
    let rehearsal = bench.rehearsing();
    let rules = crate::test_bench::RULES;
    let would = rehearsal.rescue(&rules, 10).await.unwrap();
    let would_send = rehearsal.resend(rules.stale_after, 10).await.unwrap();
    assert_eq!(bench.database.snapshot().await.unwrap(), before);
    let outcomes = |rescued: &[catalog::Rescued]| {
        rescued.iter().map(|rescued| (rescued.scan, rescued.range, rescued.outcome.clone())).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&would), outcomes(&bench.rescue(&rules, 10).await.unwrap()));
    assert!(would.len() == 2 && would.iter().all(|rescued| rescued.scan == busy), "{would:?}");
    assert_eq!(would_send, bench.resend(rules.stale_after, 10).await.unwrap());
    assert_eq!(would_send, [Task::Compress { scan: waiting, is_bulk: false }]);
}
