//! Recovery reads only unfinished rows, however many are finished. Measured with a million finished scans and the
//! counters of PostgreSQL, which include every statement.

use crate::test_bench::{Bench, RULES};
use catalog::{Catalog, RescueOutcome};
use std::time::Duration;

/// If an index returns more tuples than this, a pass reads finished rows.
const TUPLES_A_PASS: i64 = 10_000;

const FINISHED: &str = "
    SET session_replication_role = replica;
    SET synchronous_commit = off;
    INSERT INTO scans (bucket, key, version_id, etag, size_bytes, status, reporter, volume, first_page, generation,
        error_code, failed_stage, created_at, finished_at)
    SELECT 'uploads', 'original_scans/' || n, 'v', 'e', 1000000, status, 'arc', '12', 1, 1,
        CASE WHEN status IN ('FAILED', 'CANCELLED') THEN 'test' END,
        CASE WHEN status IN ('FAILED', 'CANCELLED') THEN 'scan' END,
        clock_timestamp() - interval '1 year', clock_timestamp() - interval '1 year'
    FROM generate_series(1, 1000000) AS n,
         LATERAL (SELECT (ARRAY['PENDING_REVIEW', 'APPROVED', 'FAILED', 'CANCELLED'])[1 + n % 4] AS status) AS of_n;
    INSERT INTO page_ranges (scan_id, generation, number, first_index, page_count, status, input_key, result_key)
    SELECT n, 1, 0, 0, 50, CASE WHEN n % 4 = 3 THEN 'WAITING' ELSE 'FINISHED' END, 'i',
        CASE WHEN n % 4 = 3 THEN NULL ELSE 'r' END
    FROM generate_series(1, 1000000) AS n;
    INSERT INTO outbox (scan_id, kind, detail, sent_at)
    SELECT n, 'PENDING_REVIEW', '{}', clock_timestamp() FROM generate_series(1, 200000) AS n;";

/// 100 stuck rows (30 in compress, 20 in split, 50 ranges), 100 whose message was lost, 100 unsent events.
const UNFINISHED: &str = "
    SET session_replication_role = replica;
    INSERT INTO scans (bucket, key, version_id, etag, size_bytes, status, reporter, volume, first_page, generation,
        lease, heartbeat_at, dispatched_at, dispatches)
    SELECT 'uploads', 'stuck/' || n, 'v', 'e', 1, status, 'arc', '12', 1, 1,
        CASE WHEN status IN ('COMPRESSING', 'SPLITTING') THEN gen_random_uuid() END,
        CASE WHEN status IN ('COMPRESSING', 'SPLITTING') THEN clock_timestamp() - interval '1 hour' END,
        CASE WHEN status IN ('UPLOADED', 'SCANNED', 'COMPRESSED') THEN clock_timestamp() - interval '1 hour' END, 1
    FROM generate_series(1, 200) AS n,
         LATERAL (SELECT CASE WHEN n <= 30 THEN 'COMPRESSING' WHEN n <= 50 THEN 'SPLITTING'
                              WHEN n <= 100 THEN 'SCANNING' WHEN n <= 140 THEN 'UPLOADED'
                              WHEN n <= 160 THEN 'SCANNED' ELSE 'COMPRESSED' END AS status) AS of_n;
    INSERT INTO page_ranges (scan_id, generation, number, first_index, page_count, status, input_key, lease,
        heartbeat_at, dispatched_at)
    SELECT id, 1, 0, 0, 50, CASE status WHEN 'SCANNING' THEN 'SCANNING' ELSE 'WAITING' END, 'i',
        CASE status WHEN 'SCANNING' THEN gen_random_uuid() END,
        CASE status WHEN 'SCANNING' THEN clock_timestamp() - interval '1 hour' END,
        clock_timestamp() - interval '1 hour'
    FROM scans WHERE status IN ('SCANNING', 'COMPRESSED');
    INSERT INTO outbox (scan_id, kind, detail) SELECT n, 'FAILED', '{}' FROM generate_series(1, 100) AS n;";

/// The counters of PostgreSQL: sequential scans, tuples read from indexes, and milliseconds of work.
#[derive(Debug)]
struct Counters {
    whole_tables: i64,
    tuples: i64,
    milliseconds: f64,
}

impl Counters {
    async fn read(bench: &Bench) -> Self {
        let tables = "IN ('scans', 'page_ranges', 'outbox')";
        let query = format!(
            "SELECT (SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname {tables}) || ' '
                 || (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname {tables}) || ' '
                 || (SELECT active_time FROM pg_stat_database WHERE datname = current_database())"
        );
        let text = bench.database.text(&query).await.unwrap();
        let mut numbers = text.split(' ');
        let mut next = || numbers.next().unwrap();
        Self {
            whole_tables: next().parse().unwrap(),
            tuples: next().parse().unwrap(),
            milliseconds: next().parse().unwrap(),
        }
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            whole_tables: self.whole_tables - before.whole_tables,
            tuples: self.tuples - before.tuples,
            milliseconds: self.milliseconds - before.milliseconds,
        }
    }
}

/// Waits until all other sessions have ended, because a session updates the counters at its end.
async fn sessions_ended(bench: &Bench) {
    let others = "SELECT count(*)::text FROM pg_stat_activity
                  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    while bench.database.text(others).await.unwrap() != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn pass(worker: &Catalog) -> (usize, usize, usize) {
    let rescued = worker.rescue(&RULES, 500).await.unwrap();
    assert!(rescued.iter().all(|one| matches!(one.outcome, RescueOutcome::Resent(_))));
    let resent = worker.resend(Duration::from_secs(600), 500).await.unwrap();
    let unsent = worker.unsent_events(&[], 500).await.unwrap();
    worker.mark_sent(&unsent.iter().map(|event| event.id).collect::<Vec<_>>()).await.unwrap();
    worker.record_sample(rescued.len() as i32, resent.len() as i32).await.unwrap();
    (rescued.len(), resent.len(), unsent.len())
}

async fn measured_pass(bench: &Bench) -> ((usize, usize, usize), Counters) {
    sessions_ended(bench).await;
    let before = Counters::read(bench).await;
    let worker = bench.worker();
    let found = pass(&worker).await;
    worker.close().await;
    sessions_ended(bench).await;
    (found, Counters::read(bench).await.since(&before))
}

#[tokio::test]
async fn a_pass_over_a_million_finished_scans_reads_only_the_unfinished() {
    let bench = Bench::new().await;
    bench.database.execute(FINISHED).await.unwrap();
    bench.database.execute(UNFINISHED).await.unwrap();
    bench.database.execute("VACUUM ANALYZE").await.unwrap();
    for expected in [(100, 100, 100), (0, 0, 0)] {
        let (found, work) = measured_pass(&bench).await;
        println!("{found:?} rescued, resent, unsent: {work:?}");
        assert_eq!(found, expected);
        assert_eq!(work.whole_tables, 0, "{work:?}");
        assert!(work.tuples < TUPLES_A_PASS, "{work:?}");
    }
}
