//! Shared by the tests: a database for each test, and each step of a scan as one call.

use catalog::testing::TestDatabase;
use catalog::{
    Catalog, Claim, ClaimTerms, ClaimedRange, ClaimedScan, Database, Failure, FanOut, Fenced, Heartbeat, Lease,
    LeaseRules, NewOpinion, NewRange, NewScan, Publication, Recorded, ScanDetail,
};
use domain::{Evidence, FailureCode, Finding, FindingCounts, ScanId, Severity, Stage, Status, Task, VolumeName};
use std::ops::Deref;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::task::JoinSet;
use uuid::Uuid;

pub const BUCKET: &str = "uploads";
pub const KEY: &str = "original_scans/arc/12/201/arc.12.201.207.original.pdf";

/// Longer than any test takes. Tests that need a stale lease age it.
pub const RULES: LeaseRules = LeaseRules {
    stale_after: Duration::from_secs(90),
    maximum_interruptions: 3,
    revival_grace: Duration::from_secs(30),
};

/// The terms of a message that was sent just now.
pub fn terms(rules: LeaseRules) -> ClaimTerms {
    ClaimTerms { rules, sent_at: OffsetDateTime::now_utc() }
}

pub const MAXIMUM_ATTEMPTS: i32 = 5;

/// A database and a catalog on it.
pub struct Bench {
    pub database: TestDatabase,
    catalog: Catalog,
}

impl Deref for Bench {
    type Target = Catalog;

    fn deref(&self) -> &Catalog {
        &self.catalog
    }
}

pub fn failure(code: FailureCode) -> Failure {
    Failure { code, message: format!("This is what {code} means.") }
}

pub fn volume_name(volume: &str, first_page: Option<u32>) -> VolumeName {
    VolumeName::new("arc", volume, first_page, None).unwrap()
}

pub fn new_scan(version: &str, etag: &str) -> NewScan {
    NewScan {
        version_id: version.to_owned(),
        etag: etag.to_owned(),
        size_bytes: 1_000,
        name: Some(VolumeName::new("arc", "12", Some(201), Some(207)).unwrap()),
        uploader: None,
        bulk_upload_volumes: i64::MAX,
        refusal: None,
    }
}

pub fn fan_out(lease: &Lease, ranges: i32) -> FanOut {
    let range = |number| NewRange {
        first_index: number * 2,
        page_count: 2,
        input_key: format!("work/{}/{}/range-{number:04}.pdf", lease.scan, lease.token),
    };
    FanOut {
        pages: ranges * 2,
        is_large: false,
        work_prefix: format!("work/{}/{}/", lease.scan, lease.token),
        ranges: (0..ranges).map(range).collect(),
        details: serde_json::json!({ "bytes": 10 }),
    }
}

pub fn result_key(lease: &Lease) -> String {
    format!("work/{}/{}/range.zip", lease.scan, lease.token)
}

pub fn publication(lease: &Lease, opinions: i32) -> Publication {
    let opinion = |place| NewOpinion {
        file: format!("opinion-{place}.pdf"),
        redacted_key: format!("results/{}/{}/redacted/opinion-{place}.pdf", lease.scan, lease.token),
        first_page: 201 + place,
        last_page: 202 + place,
        caption_page_index: place,
        key_page_index: place + 1,
    };
    let findings = findings();
    Publication {
        result_prefix: format!("results/{}/{}/", lease.scan, lease.token),
        first_page: 201,
        last_page: 207,
        summary: serde_json::json!({ "opinions": opinions, "finding_counts": FindingCounts::of(&findings) }),
        opinions: (0..opinions).map(opinion).collect(),
        findings,
    }
}

/// Two that a person must look at and a note.
pub fn findings() -> Vec<Finding> {
    let finding = |code: FailureCode, severity, page_index| Finding {
        code,
        severity,
        page_index,
        message: code.meaning().to_owned(),
        evidence: Evidence { readings: vec!["205".to_owned()], neighbours: vec![2], ..Evidence::default() },
    };
    vec![
        finding(FailureCode::FindingPagesMissing, Severity::MustLook, Some(3)),
        finding(FailureCode::PageDamaged, Severity::MustLook, Some(5)),
        finding(FailureCode::PageNotCompressed, Severity::Note, None),
    ]
}

pub fn range(scan: ScanId, generation: i32, number: i32) -> Task {
    Task::Scan { scan, generation, range: number, is_large: false }
}

pub trait Unwrapping<T> {
    /// The value of a call that must have succeeded.
    fn done(self) -> T;
}

impl<T> Unwrapping<T> for Fenced<T> {
    fn done(self) -> T {
        match self {
            Fenced::Done(value) => value,
            Fenced::Lost => panic!("the lease was lost"),
        }
    }
}

impl<T: std::fmt::Debug> Unwrapping<T> for Claim<T> {
    fn done(self) -> T {
        match self {
            Claim::Claimed(value) => value,
            other => panic!("not claimed: {other:?}"),
        }
    }
}

impl Bench {
    pub async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let catalog = database.catalog().unwrap();
        Self { database, catalog }
    }

    /// Another connection.
    pub fn worker(&self) -> Catalog {
        self.database.catalog().unwrap()
    }

    /// With a connection of its own.
    pub async fn heartbeat(&self) -> Heartbeat {
        Heartbeat::connect(Database::new(&self.database.settings()).unwrap()).await.unwrap()
    }

    pub async fn record(&self, upload: &NewScan) -> Recorded {
        self.lock_key(BUCKET, KEY).await.unwrap().record(upload).await.unwrap()
    }

    /// A new scan that waits for compress.
    pub async fn uploaded(&self) -> ScanId {
        let version = Uuid::new_v4().to_string();
        let key = format!("original_scans/{version}.pdf");
        let upload = new_scan(&version, &version);
        match self.lock_key(BUCKET, &key).await.unwrap().record(&upload).await.unwrap() {
            Recorded::New { scan, .. } => scan,
            known => panic!("{known:?}"),
        }
    }

    pub async fn claim(&self, stage: Stage, scan: ScanId) -> Claim<ClaimedScan> {
        self.claim_scan(stage, scan, &terms(RULES)).await.unwrap()
    }

    pub async fn claim_number(&self, scan: ScanId, number: i32) -> Claim<ClaimedRange> {
        self.claim_range(scan, 1, number, &terms(RULES)).await.unwrap()
    }

    /// A new scan whose ranges wait.
    pub async fn compressed(&self, ranges: i32) -> ScanId {
        let scan = self.uploaded().await;
        self.compress(scan, ranges).await;
        scan
    }

    pub async fn compress(&self, scan: ScanId, ranges: i32) {
        let lease = self.claim(Stage::Compress, scan).await.done().lease;
        self.finish_compress(&lease, &fan_out(&lease, ranges)).await.unwrap().done();
    }

    /// A new scan with all its ranges claimed.
    pub async fn scanning(&self, ranges: i32) -> (ScanId, Vec<Lease>) {
        let scan = self.compressed(ranges).await;
        let mut leases = Vec::new();
        for number in 0..ranges {
            leases.push(self.claim_number(scan, number).await.done().lease);
        }
        (scan, leases)
    }

    pub async fn finish(&self, lease: &Lease) -> Vec<Task> {
        self.finish_range(lease, &result_key(lease)).await.unwrap().done()
    }

    /// A new scan that waits for split.
    pub async fn scanned(&self) -> ScanId {
        let (scan, leases) = self.scanning(1).await;
        assert_eq!(self.finish(&leases[0]).await, [Task::Split { scan }]);
        scan
    }

    /// A new scan claimed by split.
    pub async fn splitting(&self) -> Lease {
        let scan = self.scanned().await;
        self.claim(Stage::Split, scan).await.done().lease
    }

    pub async fn reviewable(&self) -> ScanId {
        let lease = self.splitting().await;
        self.finish_split(&lease, &publication(&lease, 2)).await.unwrap().done();
        lease.scan
    }

    pub async fn detail(&self, scan: ScanId) -> ScanDetail {
        self.scan(scan).await.unwrap().unwrap()
    }

    pub async fn status(&self, scan: ScanId) -> Status {
        self.detail(scan).await.scan.summary.status
    }

    pub async fn error_code(&self, scan: ScanId) -> Option<String> {
        self.detail(scan).await.scan.summary.error_code
    }

    pub async fn assert_ended(&self, scan: ScanId, status: Status, code: &str) {
        let summary = self.detail(scan).await.scan.summary;
        assert_eq!((summary.status, summary.error_code.as_deref()), (status, Some(code)));
        assert!(summary.finished_at.is_some());
    }

    /// Failed attempts at the present stage.
    pub async fn attempts(&self, scan: ScanId) -> i32 {
        self.detail(scan).await.scan.summary.attempts
    }

    pub async fn kinds(&self, scan: ScanId) -> Vec<String> {
        self.detail(scan).await.events.into_iter().map(|event| event.kind).collect()
    }

    /// Makes every lease an hour older, so that it is stale.
    pub async fn age_leases(&self) {
        let statements = "UPDATE scans SET heartbeat_at = heartbeat_at - interval '1 hour';
                          UPDATE page_ranges SET heartbeat_at = heartbeat_at - interval '1 hour'";
        self.database.execute(statements).await.unwrap();
    }

    /// Makes every message an hour older.
    pub async fn age_messages(&self) {
        let statements = "UPDATE scans SET dispatched_at = dispatched_at - interval '1 hour';
                          UPDATE page_ranges SET dispatched_at = dispatched_at - interval '1 hour'";
        self.database.execute(statements).await.unwrap();
    }

    /// Moves every end to an hour earlier.
    pub async fn age_ends(&self) {
        let statements = "UPDATE scans SET finished_at = finished_at - interval '1 hour';
                          UPDATE page_ranges SET finished_at = finished_at - interval '1 hour'";
        self.database.execute(statements).await.unwrap();
    }

    /// Runs the same action on `count` connections at once and returns the results.
    pub async fn at_once<T, F>(&self, count: usize, action: impl Fn(usize, Catalog) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        for place in 0..count {
            tasks.spawn(action(place, self.worker()));
        }
        tasks.join_all().await
    }
}
