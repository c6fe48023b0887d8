//! The invariants of the rows, and the check that every scan can end.

use crate::test_bench::{Bench, RULES, Unwrapping, fan_out, publication, result_key, terms, volume_name};
use catalog::{Catalog, Claim, Filter};
use domain::{Stage, Status, Task};
use std::time::Duration;

/// Each query finds the rows that break a rule. Rules that are constraints of the tables are not repeated here.
const BROKEN: [(&str, &str); 9] = [
    (
        "a scan past scan has all its ranges finished",
        "SELECT id::text FROM scans WHERE status IN ('SCANNED', 'SPLITTING', 'PENDING_REVIEW', 'APPROVED')
           AND (NOT EXISTS (SELECT FROM page_ranges AS r WHERE scan_id = id AND r.generation = scans.generation)
             OR EXISTS (SELECT FROM page_ranges AS r WHERE scan_id = id AND r.generation = scans.generation
                          AND r.status <> 'FINISHED'))",
    ),
    (
        "a scan in scan has a range that waits or runs",
        "SELECT id::text FROM scans WHERE status IN ('COMPRESSED', 'SCANNING')
           AND NOT EXISTS (SELECT FROM page_ranges AS r WHERE scan_id = id AND r.generation = scans.generation
                             AND r.status IN ('WAITING', 'SCANNING'))",
    ),
    (
        "a range runs only while its scan is SCANNING its generation",
        "SELECT scan_id::text FROM page_ranges AS r JOIN scans ON id = scan_id
         WHERE r.status = 'SCANNING' AND (scans.status <> 'SCANNING' OR scans.generation <> r.generation)",
    ),
    (
        "what waits knows when its message was sent",
        "SELECT id::text FROM scans WHERE status IN ('UPLOADED', 'COMPRESSED', 'SCANNED') AND dispatched_at IS NULL
         UNION ALL SELECT scan_id::text FROM page_ranges WHERE status = 'WAITING' AND dispatched_at IS NULL",
    ),
    (
        "one scan of a key is not superseded, besides an approved one",
        "SELECT key FROM scans WHERE superseded_by IS NULL AND status <> 'APPROVED'
         GROUP BY bucket, key HAVING count(*) > 1",
    ),
    (
        "every end is in the outbox once",
        "SELECT scan_id::text FROM (
             SELECT scan_id, 1 AS told FROM outbox
             UNION ALL SELECT scan_id, -1 FROM scan_events WHERE kind IN ('pending_review', 'failed')
         ) AS ends GROUP BY scan_id HAVING sum(told) <> 0",
    ),
    (
        "a range that finished keeps its results while its generation lasts",
        "SELECT e.scan_id::text FROM scan_events AS e JOIN scans ON scans.id = e.scan_id
         WHERE e.kind = 'range_finished' AND (e.detail->>'generation')::integer = scans.generation
           AND NOT EXISTS (SELECT FROM page_ranges AS r WHERE r.scan_id = e.scan_id
                             AND r.number = (e.detail->>'range')::integer AND r.status = 'FINISHED'
                             AND r.result_key LIKE '%' || (e.detail->>'lease') || '%')",
    ),
    (
        "opinions belong to a published result",
        "SELECT scan_id::text FROM opinions JOIN scans ON scans.id = scan_id
         WHERE status NOT IN ('PENDING_REVIEW', 'APPROVED') OR NOT starts_with(redacted_key, result_prefix)",
    ),
    (
        "findings belong to a published result",
        "SELECT scan_id::text FROM findings JOIN scans ON scans.id = scan_id
         WHERE status NOT IN ('PENDING_REVIEW', 'APPROVED')",
    ),
];

pub async fn assert_invariants(bench: &Bench) {
    let one = |(rule, broken)| format!("SELECT '{rule}, but not ' || broken.id FROM ({broken}) AS broken (id)");
    let all = BROKEN.map(one).join(" UNION ALL ");
    assert_eq!(bench.database.lines(&all).await.unwrap(), Vec::<String>::new());
}

/// Makes every lease stale, loses every message, ends every deferral, and answers for people. Then recovery and workers
/// must bring every scan to an end.
pub async fn drain(bench: &Bench) {
    bench.database.execute("UPDATE scans SET not_before = NULL").await.unwrap();
    for scan in bench.scans(&Filter::default()).await.unwrap() {
        if !scan.status.is_ended() {
            let _ = bench.describe(scan.id, &volume_name("12", Some(201))).await;
            let _ = bench.confirm(scan.id).await;
        }
    }
    for _ in 0..12 {
        bench.age_leases().await;
        bench.rescue(&RULES, 1_000).await.unwrap();
        for ready in bench.resend(Duration::ZERO, 1_000).await.unwrap() {
            work_off(bench, &ready).await;
        }
        assert_invariants(bench).await;
    }
    let scans = bench.scans(&Filter::default()).await.unwrap();
    let unfinished: Vec<_> = scans.iter().filter(|scan| !scan.status.is_ended()).collect();
    assert!(unfinished.is_empty(), "{unfinished:?}");
    assert!(scans.iter().all(|scan| scan.status != Status::Approved || scan.opinions == 2));
}

async fn work_off(catalog: &Catalog, ready: &Task) {
    match *ready {
        Task::Compress { scan, .. } => {
            if let Claim::Claimed(claimed) = catalog.claim_scan(Stage::Compress, scan, &terms(RULES)).await.unwrap() {
                catalog.finish_compress(&claimed.lease, &fan_out(&claimed.lease, 2)).await.unwrap().done();
            }
        }
        Task::Scan { scan, generation, range: number, .. } => {
            if let Claim::Claimed(claimed) = catalog.claim_range(scan, generation, number, &terms(RULES)).await.unwrap()
            {
                catalog.finish_range(&claimed.lease, &result_key(&claimed.lease)).await.unwrap().done();
            }
        }
        Task::Split { scan } => {
            if let Claim::Claimed(claimed) = catalog.claim_scan(Stage::Split, scan, &terms(RULES)).await.unwrap() {
                catalog.finish_split(&claimed.lease, &publication(&claimed.lease, 2)).await.unwrap().done();
            }
        }
    }
}
