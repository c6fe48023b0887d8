//! A lost message is sent again, at growing intervals.

use crate::test_bench::{Bench, RULES, Unwrapping, range, terms};
use catalog::Claim;
use domain::{FailureCode, Stage, Task};
use std::collections::HashSet;
use std::time::Duration;
use time::OffsetDateTime;

const AFTER: Duration = Duration::from_secs(600);

async fn resend(bench: &Bench) -> HashSet<Task> {
    bench.resend(AFTER, 100).await.unwrap().into_iter().collect()
}

async fn age_messages(bench: &Bench, seconds: u64) {
    let age = |table| format!("UPDATE {table} SET dispatched_at = dispatched_at - interval '{seconds} s';");
    bench.database.execute(&["scans", "page_ranges"].map(age).concat()).await.unwrap();
}

#[tokio::test]
async fn whatever_waits_is_sent_again_after_its_time() {
    let bench = Bench::new().await;
    let uploaded = bench.uploaded().await;
    let scanned = bench.scanned().await;
    let untouched = bench.compressed(1).await;
    let begun = bench.compressed(3).await;
    bench.claim_number(begun, 1).await.done();
    bench.splitting().await;
    bench.reviewable().await;
    assert_eq!(resend(&bench).await, HashSet::new());
    age_messages(&bench, 601).await;
    let expected = [
        Task::Compress { scan: uploaded, is_bulk: false },
        Task::Split { scan: scanned },
        range(untouched, 1, 0),
        range(begun, 1, 0),
        range(begun, 1, 2),
    ];
    assert_eq!(resend(&bench).await, expected.into_iter().collect());
    assert_eq!(resend(&bench).await, HashSet::new(), "they were stamped");
}

#[tokio::test]
async fn the_threshold_doubles_six_times() {
    let bench = Bench::new().await;
    bench.uploaded().await;
    bench.compressed(1).await;
    for doublings in [0, 1, 2, 3, 4, 5, 6, 6, 6] {
        let threshold = AFTER.as_secs() << doublings;
        age_messages(&bench, threshold - 60).await;
        assert_eq!(resend(&bench).await.len(), 0, "after {doublings} doublings");
        age_messages(&bench, 61).await;
        assert_eq!(resend(&bench).await.len(), 2, "after {doublings} doublings");
    }
}

#[tokio::test]
async fn a_new_wait_begins_a_new_count() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    for _ in 0..3 {
        bench.age_messages().await;
        resend(&bench).await;
    }
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.give_back(&lease, &crate::test_bench::failure(FailureCode::Panicked), 5).await.unwrap().done();
    age_messages(&bench, 601).await;
    assert_eq!(resend(&bench).await, [Task::Compress { scan, is_bulk: false }].into_iter().collect());
}

#[tokio::test]
async fn many_at_once_send_each_row_once() {
    let bench = Bench::new().await;
    for _ in 0..10 {
        bench.uploaded().await;
    }
    bench.compressed(10).await;
    bench.age_messages().await;
    let sent: Vec<Task> = bench
        .at_once(4, |_, worker| async move { worker.resend(AFTER, 100).await.unwrap() })
        .await
        .into_iter()
        .flatten()
        .chain(bench.resend(AFTER, 100).await.unwrap())
        .collect();
    assert_eq!((sent.len(), sent.into_iter().collect::<HashSet<_>>().len()), (20, 20));
}

#[tokio::test]
async fn a_deferred_scan_is_claimed_and_sent_only_when_it_is_due() {
    let bench = Bench::new().await;
    let uploaded = bench.uploaded().await;
    let compressed = bench.compressed(2).await;
    let later = OffsetDateTime::now_utc() + Duration::from_secs(3_600);
    for scan in [uploaded, compressed] {
        assert_eq!(bench.defer(scan, later).await.unwrap(), []);
    }
    bench.age_messages().await;
    assert_eq!(bench.claim(Stage::Compress, uploaded).await, Claim::NotDue);
    assert_eq!(bench.claim_number(compressed, 0).await, Claim::NotDue);
    assert_eq!(bench.claim(Stage::Compress, compressed).await, Claim::Done(Vec::new()));
    assert_eq!(resend(&bench).await, HashSet::new());

    // When they are due, they are sent at once, whatever the threshold, because their messages were deleted.
    let due = "UPDATE scans SET not_before = clock_timestamp() - interval '1 s';
               UPDATE scans SET dispatched_at = clock_timestamp() - interval '2 s' WHERE dispatched_at IS NOT NULL;
               UPDATE page_ranges SET dispatched_at = clock_timestamp() - interval '2 s'";
    bench.database.execute(due).await.unwrap();
    let expected: HashSet<Task> =
        [Task::Compress { scan: uploaded, is_bulk: false }, range(compressed, 1, 0), range(compressed, 1, 1)]
            .into_iter()
            .collect();
    assert_eq!(resend(&bench).await, expected);
    assert_eq!(resend(&bench).await, HashSet::new());
    bench.claim(Stage::Compress, uploaded).await.done();
    bench.claim_number(compressed, 0).await.done();
}

#[tokio::test]
async fn a_deferral_ends_when_a_person_ends_it() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    bench.defer(scan, OffsetDateTime::now_utc() + Duration::from_secs(3_600)).await.unwrap();
    let ready = bench.defer(scan, OffsetDateTime::UNIX_EPOCH).await.unwrap();
    assert_eq!(ready, [Task::Compress { scan, is_bulk: false }]);
    assert_eq!(resend(&bench).await, HashSet::new(), "it was stamped");
    bench.claim(Stage::Compress, scan).await.done();
}

#[tokio::test]
async fn deferring_while_ranges_run_lets_them_finish_and_holds_the_rest_back() {
    let bench = Bench::new().await;
    let scan = bench.compressed(2).await;
    let first = bench.claim_number(scan, 0).await.done().lease;
    bench.defer(scan, OffsetDateTime::now_utc() + Duration::from_secs(3_600)).await.unwrap();
    bench.finish(&first).await;
    assert_eq!(bench.claim_number(scan, 1).await, Claim::NotDue);
    assert_eq!(bench.defer(scan, OffsetDateTime::UNIX_EPOCH).await.unwrap(), [range(scan, 1, 1)]);
    let second = bench.claim_number(scan, 1).await.done().lease;
    bench.defer(scan, OffsetDateTime::now_utc() + Duration::from_secs(3_600)).await.unwrap();
    assert_eq!(bench.finish(&second).await, [], "split is deferred, too");
    assert_eq!(bench.claim(Stage::Split, scan).await, Claim::NotDue);
    assert_eq!(bench.defer(scan, OffsetDateTime::UNIX_EPOCH).await.unwrap(), [Task::Split { scan }]);
    assert!(matches!(bench.claim_scan(Stage::Split, scan, &terms(RULES)).await.unwrap(), Claim::Claimed(_)));
}

#[tokio::test]
async fn what_could_not_be_sent_is_due_again_and_its_pause_does_not_double() {
    let bench = Bench::new().await;
    bench.uploaded().await;
    bench.compressed(1).await;
    bench.database.execute("UPDATE scans SET created_at = created_at - interval '1 hour'").await.unwrap();
    age_messages(&bench, 601).await;
    let unsent = bench.resend(AFTER, 100).await.unwrap();
    bench.take_back_resend(&unsent).await.unwrap();
    assert_eq!(resend(&bench).await, unsent.into_iter().collect());
    age_messages(&bench, 2 * AFTER.as_secs() + 1).await;
    assert_eq!(resend(&bench).await.len(), 2, "one resend doubles the pause once");
}
