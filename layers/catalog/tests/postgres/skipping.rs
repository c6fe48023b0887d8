//! A person has pages skipped that kill their workers, and the scan goes on.

use crate::test_bench::{Bench, RULES, Unwrapping, failure, fan_out, range, result_key, terms};
use catalog::{CatalogError, Claim, Lease, Restart, SkippedPage};
use domain::{FailureCode, RangeStatus, ScanId, Stage, Status, Task};

/// A scan that FAILED with three ranges of two pages, of which the second one failed. Returns the leases of the others.
async fn failed(bench: &Bench) -> (ScanId, [Lease; 2]) {
    let (scan, leases) = bench.scanning(3).await;
    bench.finish(&leases[0]).await;
    bench.fail(&leases[1], &failure(FailureCode::Interrupted)).await.unwrap().done();
    bench.finish(&leases[2]).await;
    bench.assert_ended(scan, Status::Failed, "interrupted").await;
    (scan, [leases[0], leases[2]])
}

impl Bench {
    async fn compress_again(&self, scan: ScanId) -> Vec<Task> {
        let lease = self.claim(Stage::Compress, scan).await.done().lease;
        self.finish_compress(&lease, &fan_out(&lease, 3)).await.unwrap().done()
    }

    async fn finish_number(&self, scan: ScanId, generation: i32, number: i32) -> Vec<Task> {
        let lease = self.claim_range(scan, generation, number, &terms(RULES)).await.unwrap().done().lease;
        self.finish(&lease).await
    }

    async fn result_keys(&self, scan: ScanId) -> Vec<Option<String>> {
        self.detail(scan).await.ranges.into_iter().map(|range| range.result_key).collect()
    }
}

fn restart(scan: ScanId, ranges: &[i32], kept: usize) -> Restart {
    Restart { ranges: ranges.to_vec(), kept, ready: vec![Task::Compress { scan }] }
}

fn places(pages: &[SkippedPage]) -> Vec<(i32, Option<&str>)> {
    pages.iter().map(|skipped| (skipped.page, skipped.actor.as_deref())).collect()
}

#[tokio::test]
async fn a_skipped_page_restarts_compress_and_its_own_range() {
    let bench = Bench::new().await;
    let (scan, others) = failed(&bench).await;
    let before = bench.database.snapshot().await.unwrap();
    assert_eq!(bench.rehearsing().skip_pages(scan, &[4]).await.unwrap(), restart(scan, &[1], 2));
    assert_eq!(bench.database.snapshot().await.unwrap(), before, "a rehearsal changes nothing");

    let ada = bench.worker().acting_as(&"Ada".parse().unwrap());
    assert_eq!(ada.skip_pages(scan, &[4]).await.unwrap(), restart(scan, &[1], 2));
    let detail = bench.detail(scan).await;
    assert_eq!((detail.scan.summary.status, places(&detail.skipped)), (Status::Uploaded, vec![(4, Some("Ada"))]));
    let event = detail.events.iter().find(|event| event.kind == "pages_skipped").unwrap();
    assert_eq!((event.actor.as_deref(), &event.detail["pages"]), (Some("Ada"), &serde_json::json!([4])));

    let claimed = bench.claim(Stage::Compress, scan).await.done();
    assert_eq!(places(&claimed.skipped), [(4, Some("Ada"))]);
    let ready = bench.finish_compress(&claimed.lease, &fan_out(&claimed.lease, 3)).await.unwrap().done();
    assert_eq!(ready, [range(scan, 2, 1)]);
    assert_eq!(bench.claim_range(scan, 2, 0, &terms(RULES)).await.unwrap(), Claim::Done(Vec::new()));
    assert_eq!(bench.finish_number(scan, 2, 1).await, [Task::Split { scan }]);
    let keys = bench.result_keys(scan).await;
    assert_eq!([&keys[0], &keys[2]], [&Some(result_key(&others[0])), &Some(result_key(&others[1]))]);
    let sweep = bench.abandoned_attempts(std::time::Duration::ZERO, 10).await.unwrap();
    assert!(others.iter().all(|lease| sweep.iter().all(|attempt| attempt.token != lease.token)), "{sweep:?}");
}

#[tokio::test]
async fn only_what_was_scanned_with_the_same_pages_is_kept() {
    let bench = Bench::new().await;
    let (scan, _) = failed(&bench).await;
    bench.skip_pages(scan, &[4]).await.unwrap();
    // The volume fails again before it was cut, and another page is skipped.
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.fail(&lease, &failure(FailureCode::Interrupted)).await.unwrap().done();
    assert_eq!(bench.skip_pages(scan, &[5, 4]).await.unwrap(), restart(scan, &[1, 2], 1));
    assert_eq!(bench.compress_again(scan).await, [range(scan, 2, 1), range(scan, 2, 2)]);

    bench.cancel(scan).await.unwrap();
    assert_eq!(bench.unskip_pages(scan, &[5]).await.unwrap(), restart(scan, &[1, 2], 1));
    assert_eq!(bench.compress_again(scan).await, [range(scan, 3, 1), range(scan, 3, 2)]);
    assert_eq!(places(&bench.detail(scan).await.skipped), [(4, None)]);
    bench.finish_number(scan, 3, 1).await;
    assert_eq!(bench.finish_number(scan, 3, 2).await, [Task::Split { scan }]);

    // Split fails. A page that is skipped and comes back changes nothing: the scan continues with split.
    let lease = bench.claim(Stage::Split, scan).await.done().lease;
    bench.fail(&lease, &failure(FailureCode::Interrupted)).await.unwrap().done();
    let keys = bench.result_keys(scan).await;
    assert_eq!(bench.skip_pages(scan, &[1]).await.unwrap(), restart(scan, &[0], 2));
    bench.cancel(scan).await.unwrap();
    assert_eq!(bench.unskip_pages(scan, &[1]).await.unwrap(), restart(scan, &[], 3));
    assert_eq!(bench.compress_again(scan).await, [Task::Split { scan }]);
    assert_eq!((bench.status(scan).await, bench.result_keys(scan).await), (Status::Scanned, keys));
}

/// If files were missing, those of the finished ranges may be missing, too.
#[tokio::test]
async fn a_scan_that_came_back_from_split_keeps_nothing() {
    let bench = Bench::new().await;
    let (scan, _) = failed(&bench).await;
    bench.skip_pages(scan, &[4]).await.unwrap();
    bench.compress_again(scan).await;
    bench.finish_number(scan, 2, 1).await;
    let lease = bench.claim(Stage::Split, scan).await.done().lease;
    bench.return_to_compress(&lease, "range-0000.zip is missing").await.unwrap().done();
    assert_eq!(bench.compress_again(scan).await, [0, 1, 2].map(|number| range(scan, 3, number)));
    let ranges = bench.detail(scan).await.ranges;
    assert!(ranges.iter().all(|range| range.status == RangeStatus::Waiting), "{ranges:?}");
}

#[tokio::test]
async fn pages_can_be_skipped_before_the_volume_was_ever_cut() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.fail(&lease, &failure(FailureCode::Interrupted)).await.unwrap().done();
    assert_eq!(bench.skip_pages(scan, &[900]).await.unwrap(), restart(scan, &[], 0));
    assert_eq!(places(&bench.claim(Stage::Compress, scan).await.done().skipped), [(900, None)]);
}

#[tokio::test]
async fn what_cannot_be_skipped_is_refused_and_changes_nothing() {
    let bench = Bench::new().await;
    let (scan, _) = failed(&bench).await;
    let (running, reviewable) = (bench.splitting().await.scan, bench.reviewable().await);
    let before = bench.database.snapshot().await.unwrap();
    let refused = |answer: Result<Restart, CatalogError>| {
        let error = answer.unwrap_err();
        assert_eq!(error.code(), "catalog.refused");
        error.to_string()
    };
    assert!(refused(bench.skip_pages(running, &[1]).await).contains("FAILED or CANCELLED"));
    assert!(refused(bench.skip_pages(reviewable, &[1]).await).contains("FAILED or CANCELLED"));
    for page in [0, -1, 7, i32::MAX] {
        assert!(refused(bench.skip_pages(scan, &[1, page]).await).contains("It has 6 pages"), "{page}");
    }
    assert!(refused(bench.skip_pages(scan, &[]).await).contains("already"));
    assert!(refused(bench.unskip_pages(scan, &[1]).await).contains("not skipped"));
    assert_eq!(bench.skip_pages(scan + 100, &[1]).await.unwrap_err().code(), "catalog.unknown");
    assert_eq!(bench.database.snapshot().await.unwrap(), before);
}

/// A scan without a name that was cancelled while it waited for one must not wait for it before compress.
#[tokio::test]
async fn a_nameless_scan_goes_on_and_asks_for_its_name_again() {
    let bench = Bench::new().await;
    let (scan, leases) = bench.scanning(2).await;
    bench.database.execute("UPDATE scans SET reporter = NULL").await.unwrap();
    bench.finish(&leases[0]).await;
    assert_eq!(bench.finish(&leases[1]).await, [], "it waits for its name");
    bench.cancel(scan).await.unwrap();
    bench.skip_pages(scan, &[1]).await.unwrap();
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.finish_compress(&lease, &fan_out(&lease, 2)).await.unwrap().done();
    assert_eq!(bench.finish_number(scan, 2, 0).await, []);
    assert_eq!(bench.status(scan).await, Status::Scanned);
    assert_eq!(bench.claim(Stage::Split, scan).await, Claim::NotDue);
}

#[tokio::test]
async fn two_people_who_skip_at_once_start_it_once() {
    let bench = Bench::new().await;
    let (scan, _) = failed(&bench).await;
    let answers = bench.at_once(4, |_, worker| async move { worker.skip_pages(scan, &[3]).await }).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let kinds = bench.kinds(scan).await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "pages_skipped").count(), 1);
}

#[tokio::test]
async fn a_restart_is_estimated_from_what_was_finished() {
    let bench = Bench::new().await;
    let (scan, _) = failed(&bench).await;
    let again = bench.rehearsing().skip_pages(scan, &[1]).await.unwrap();
    assert_eq!(again, restart(scan, &[0, 1], 1));
    assert_eq!(bench.restart_seconds(&again).await.unwrap(), None, "no split was finished yet");
    bench.reviewable().await;
    bench.database.execute("UPDATE attempts SET started_at = ended_at - interval '10 seconds'").await.unwrap();
    let seconds = async |restart| bench.restart_seconds(restart).await.unwrap().map(f64::round);
    assert_eq!(seconds(&again).await, Some(40.0), "compress, two ranges and split");
    // Two volumes with three published ranges in all.
    let whole = restart(scan, &[], 0);
    assert_eq!(seconds(&whole).await, Some(35.0), "compress, the ranges of a usual volume, and split");
}
