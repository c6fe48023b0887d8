//! Compress has two lanes, so that a bulk upload delays nobody but its uploader.

use crate::test_bench::{BUCKET, Bench, RULES, Unwrapping, failure, fan_out, new_scan};
use catalog::{Catalog, NewScan, Recorded, RescueOutcome};
use domain::{FailureCode, ScanId, Stage, Task, Uploader};
use std::time::Duration;
use uuid::Uuid;

/// How many volumes of one uploader may be in the first lane.
const VOLUMES: i64 = 3;

fn by(uploader: &str) -> NewScan {
    let version = Uuid::new_v4().to_string();
    let uploader = Uploader::of(&[Some(uploader)]);
    NewScan { uploader, bulk_upload_volumes: VOLUMES, ..new_scan(&version, &version) }
}

async fn record(catalog: &Catalog, upload: &NewScan) -> Recorded {
    let key = format!("original_scans/{}.pdf", upload.version_id);
    catalog.lock_key(BUCKET, &key).await.unwrap().record(upload).await.unwrap()
}

/// A new upload: its scan, and whether it is in the lane for bulk uploads.
async fn upload(catalog: &Catalog, uploader: &str) -> (ScanId, bool) {
    match record(catalog, &by(uploader)).await {
        Recorded::New { scan, ready, .. } => match ready[..] {
            [Task::Compress { scan: of, is_bulk }] if of == scan => (scan, is_bulk),
            _ => panic!("{ready:?}"),
        },
        known @ Recorded::Known { .. } => panic!("{known:?}"),
    }
}

/// Uploads so many volumes that the next one of this uploader is in the lane for bulk uploads.
async fn fill(catalog: &Catalog, uploader: &str) -> Vec<ScanId> {
    let mut scans = Vec::new();
    for _ in 0..VOLUMES {
        let (scan, is_bulk) = upload(catalog, uploader).await;
        assert!(!is_bulk);
        scans.push(scan);
    }
    scans
}

/// A scan in the lane for bulk uploads.
async fn bulk(catalog: &Catalog) -> ScanId {
    fill(catalog, "ada").await;
    let (scan, is_bulk) = upload(catalog, "ada").await;
    assert!(is_bulk);
    scan
}

#[tokio::test]
async fn one_more_volume_than_allowed_uses_the_lane_for_bulk_uploads() {
    let bench = Bench::new().await;
    let (first, (bulk, is_bulk)) = (fill(&bench, "ada").await, upload(&bench, "ada").await);
    assert!(is_bulk);
    for (scan, is_bulk) in [(first[0], false), (bulk, true)] {
        let row = bench.detail(scan).await.scan;
        assert_eq!((row.is_bulk, row.uploader.as_deref()), (is_bulk, Some("ada")));
    }
}

#[tokio::test]
async fn another_uploader_is_not_concerned() {
    let bench = Bench::new().await;
    bulk(&bench).await;
    assert!(!upload(&bench, "grace").await.1);
}

/// Those of releases that recorded none, and those whose event was lost.
#[tokio::test]
async fn volumes_without_an_uploader_are_those_of_one() {
    let bench = Bench::new().await;
    fill(&bench, "").await;
    let (unknown, is_bulk) = upload(&bench, "").await;
    assert!(is_bulk && !upload(&bench, "ada").await.1);
    assert_eq!(bench.detail(unknown).await.scan.uploader, None);
}

#[tokio::test]
async fn only_volumes_that_wait_for_compress_or_are_in_it_count() {
    let bench = Bench::new().await;
    let scans = fill(&bench, "ada").await;
    let lease = bench.claim(Stage::Compress, scans[0]).await.done().lease;
    assert!(upload(&bench, "ada").await.1, "one is in compress");
    bench.finish_compress(&lease, &fan_out(&lease, 1)).await.unwrap().done();
    assert!(upload(&bench, "ada").await.1, "the one in the lane for bulk uploads counts too");
    bench.cancel(scans[1]).await.unwrap();
    bench.cancel(scans[2]).await.unwrap();
    assert!(!upload(&bench, "ada").await.1);
}

#[tokio::test]
async fn a_refused_upload_counts_for_nothing() {
    let bench = Bench::new().await;
    for _ in 0..=VOLUMES {
        let refused = NewScan { refusal: Some(failure(FailureCode::SourceNotPdf)), ..by("ada") };
        assert!(matches!(record(&bench, &refused).await, Recorded::New { ready, .. } if ready.is_empty()));
    }
    assert!(!upload(&bench, "ada").await.1);
}

/// The volumes are of different keys, so the lock of a key does not keep them apart.
#[tokio::test]
async fn many_intakes_at_once_fill_the_first_lane_and_no_more() {
    let bench = Bench::new().await;
    for round in 0..5 {
        let uploader = format!("ada {round}");
        let lanes = bench
            .at_once(8, |_, worker| {
                let uploader = uploader.clone();
                async move { upload(&worker, &uploader).await.1 }
            })
            .await;
        assert_eq!(lanes.iter().filter(|is_bulk| !**is_bulk).count() as i64, VOLUMES, "{lanes:?}");
    }
}

/// Whatever sends its message again.
#[tokio::test]
async fn a_scan_stays_in_its_lane() {
    let bench = Bench::new().await;
    let scan = bulk(&bench).await;
    let task = Task::Compress { scan, is_bulk: true };
    let lease = bench.claim(Stage::Compress, scan).await.done().lease;
    bench.age_leases().await;
    let rescued = bench.rescue(&RULES, 10).await.unwrap();
    assert_eq!(rescued.iter().map(|one| one.outcome.clone()).collect::<Vec<_>>(), [RescueOutcome::Resent(task)]);
    assert_eq!(rescued[0].scan, lease.scan);
    bench.age_messages().await;
    assert!(bench.resend(Duration::from_secs(600), 10).await.unwrap().contains(&task));
    bench.cancel(scan).await.unwrap();
    assert_eq!(bench.retry(scan).await.unwrap(), [task]);
}

#[tokio::test]
async fn the_event_of_a_known_upload_leads_to_its_lane() {
    let bench = Bench::new().await;
    fill(&bench, "ada").await;
    let late = by("ada");
    let Recorded::New { scan, .. } = record(&bench, &late).await else { panic!("known") };
    let ready = vec![Task::Compress { scan, is_bulk: true }];
    assert_eq!(record(&bench, &late).await, Recorded::Known { scan, ready });
}

/// Rows of the release before have neither an uploader nor a lane.
#[tokio::test]
async fn a_row_without_a_lane_uses_the_first_one() {
    let bench = Bench::new().await;
    let statement = "INSERT INTO scans (bucket, key, version_id, etag, size_bytes, status)
                     VALUES ('uploads', 'original_scans/old.pdf', 'v', 'e', 1, 'UPLOADED')";
    bench.database.execute(statement).await.unwrap();
    bench.age_messages().await;
    let sent = bench.resend(Duration::from_secs(600), 10).await.unwrap();
    assert!(matches!(sent[..], [Task::Compress { is_bulk: false, .. }]), "{sent:?}");
}
