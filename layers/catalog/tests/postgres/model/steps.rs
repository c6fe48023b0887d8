//! The steps that can happen to a scan.

use crate::test_bench::{
    BUCKET, Bench, MAXIMUM_ATTEMPTS, RULES, failure, fan_out, new_scan, publication, result_key, terms, volume_name,
};
use catalog::{Catalog, CatalogError, Claim, Fenced, Lease, LeaseRules, NewScan};
use domain::{FailureCode, ScanId, Stage};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use time::OffsetDateTime;

/// Every lease that was ever given, including lost ones.
pub type Leases = Arc<Mutex<Vec<Lease>>>;

/// Few, so that steps concern the same scans.
const SCANS: ScanId = 4;
const RANGES: i32 = 3;

#[derive(Clone, Debug)]
pub enum Step {
    Upload { key: u8, etag: u8, named: bool, good: bool },
    Claim { stage: Stage, scan: ScanId, stale: bool },
    ClaimRange { scan: ScanId, generation: i32, number: i32, stale: bool },
    Work { lease: usize, outcome: Outcome },
    Rescue { stale: bool },
    Resend,
    Retry(ScanId),
    Skip { scan: ScanId, page: i32, undo: bool },
    Cancel(ScanId),
    Describe(ScanId),
    Confirm(ScanId),
    Approve(ScanId),
    Defer(ScanId),
}

#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    Finish,
    GiveBack,
    Fail,
    ReturnToCompress,
}

pub fn step() -> impl Strategy<Value = Step> {
    let scan = || 1..=SCANS;
    let stage = || prop_oneof![Just(Stage::Compress), Just(Stage::Split)];
    let outcome = prop_oneof![6 => Just(Outcome::Finish), 2 => Just(Outcome::GiveBack), 1 => Just(Outcome::Fail), 1 => Just(Outcome::ReturnToCompress)];
    prop_oneof![
        4 => (0..2_u8, 0..3_u8, any::<bool>(), prop::bool::weighted(0.9))
            .prop_map(|(key, etag, named, good)| Step::Upload { key, etag, named, good }),
        6 => (stage(), scan(), prop::bool::weighted(0.1)).prop_map(|(stage, scan, stale)| Step::Claim { stage, scan, stale }),
        12 => (scan(), 1..4, 0..RANGES, prop::bool::weighted(0.1))
            .prop_map(|(scan, generation, number, stale)| Step::ClaimRange { scan, generation, number, stale }),
        20 => (0..6_usize, outcome).prop_map(|(lease, outcome)| Step::Work { lease, outcome }),
        1 => any::<bool>().prop_map(|stale| Step::Rescue { stale }),
        1 => Just(Step::Resend),
        2 => scan().prop_map(Step::Retry),
        2 => (scan(), 1..=2 * RANGES, any::<bool>()).prop_map(|(scan, page, undo)| Step::Skip { scan, page, undo }),
        1 => scan().prop_map(Step::Cancel),
        1 => scan().prop_map(Step::Describe),
        1 => scan().prop_map(Step::Confirm),
        1 => scan().prop_map(Step::Approve),
        1 => scan().prop_map(Step::Defer),
    ]
}

/// With these rules every lease is stale at once, and the grace after a failure is over.
const IMPATIENT: LeaseRules =
    LeaseRules { stale_after: Duration::ZERO, maximum_interruptions: 3, revival_grace: Duration::ZERO };

const fn rules(stale: bool) -> LeaseRules {
    if stale { IMPATIENT } else { RULES }
}

fn upload(key: u8, etag: u8, named: bool, good: bool) -> (String, NewScan) {
    let refusal = (!good).then(|| failure(FailureCode::SourceNotPdf));
    let version = uuid::Uuid::new_v4().to_string();
    let scan = new_scan(&version, &etag.to_string());
    let name = scan.name.clone().filter(|_| named);
    (format!("key-{key}"), NewScan { name, refusal, ..scan })
}

fn keep<T>(leases: &Leases, claim: &Claim<T>, lease: impl Fn(&T) -> Lease) {
    if let Claim::Claimed(claimed) = claim {
        leases.lock().unwrap().push(lease(claimed));
    }
}

/// Prefers new leases, which are most likely still valid.
fn pick(leases: &Leases, back: usize) -> Option<Lease> {
    let leases = leases.lock().unwrap();
    leases.len().checked_sub(back + 1).map(|place| leases[place])
}

/// An operator may be refused. No other error may occur.
fn expected<T>(answer: Result<T, CatalogError>) {
    if let Err(error) = answer {
        assert!(matches!(error.code().as_str(), "catalog.refused" | "catalog.unknown"), "{error:?}");
    }
}

impl Step {
    pub async fn take(&self, catalog: &Catalog, leases: &Leases) {
        match *self {
            Self::Upload { key, etag, named, good } => {
                let (key, upload) = upload(key, etag, named, good);
                catalog.lock_key(BUCKET, &key).await.unwrap().record(&upload).await.unwrap();
            }
            Self::Claim { stage, scan, stale } => {
                let claim = catalog.claim_scan(stage, scan, &terms(rules(stale))).await.unwrap();
                keep(leases, &claim, |claimed| claimed.lease);
            }
            Self::ClaimRange { scan, generation, number, stale } => {
                let claim = catalog.claim_range(scan, generation, number, &terms(rules(stale))).await.unwrap();
                keep(leases, &claim, |claimed| claimed.lease);
            }
            Self::Work { lease, outcome } => {
                if let Some(lease) = pick(leases, lease) {
                    work(catalog, &lease, outcome).await;
                }
            }
            Self::Rescue { stale } => drop(catalog.rescue(&rules(stale), 2).await.unwrap()),
            Self::Resend => drop(catalog.resend(Duration::ZERO, 2).await.unwrap()),
            Self::Retry(scan) => expected(catalog.retry(scan).await),
            Self::Skip { scan, page, undo: false } => expected(catalog.skip_pages(scan, &[page]).await),
            Self::Skip { scan, page, undo: true } => expected(catalog.unskip_pages(scan, &[page]).await),
            Self::Cancel(scan) => expected(catalog.cancel(scan).await),
            Self::Describe(scan) => expected(catalog.describe(scan, &volume_name("12", Some(201))).await),
            Self::Confirm(scan) => expected(catalog.confirm(scan).await),
            Self::Approve(scan) => expected(catalog.approve(scan).await),
            Self::Defer(scan) => expected(catalog.defer(scan, OffsetDateTime::now_utc() + RULES.stale_after).await),
        }
    }

    /// Also checks that a write with a lost lease changes nothing, and that a write with a valid lease is made.
    pub async fn take_alone(&self, bench: &Bench, leases: &Leases) {
        let Self::Work { lease, outcome } = *self else { return self.take(bench, leases).await };
        let Some(lease) = pick(leases, lease) else { return };
        let held = format!(
            "SELECT (EXISTS (SELECT FROM scans WHERE lease = '{0}')
                  OR EXISTS (SELECT FROM page_ranges WHERE lease = '{0}'))::text",
            lease.token
        );
        let held = bench.database.text(&held).await.unwrap() == "true";
        let before = bench.database.snapshot().await.unwrap();
        if let Some(done) = work(bench, &lease, outcome).await {
            assert_eq!(done, held, "{outcome:?} with {lease:?}");
            assert_eq!(bench.database.snapshot().await.unwrap() == before, !held, "{outcome:?} with {lease:?}");
        }
    }
}

/// Whether the write was made. None if the stage has no such write.
async fn work(catalog: &Catalog, lease: &Lease, outcome: Outcome) -> Option<bool> {
    let done = match (outcome, lease.stage) {
        (Outcome::Finish, Stage::Compress) => is_done(catalog.finish_compress(lease, &fan_out(lease, RANGES)).await),
        (Outcome::Finish, Stage::Scan) => is_done(catalog.finish_range(lease, &result_key(lease)).await),
        (Outcome::Finish, Stage::Split) => is_done(catalog.finish_split(lease, &publication(lease, 2)).await),
        (Outcome::GiveBack, _) => {
            is_done(catalog.give_back(lease, &failure(FailureCode::Panicked), MAXIMUM_ATTEMPTS).await)
        }
        (Outcome::Fail, _) => is_done(catalog.fail(lease, &failure(FailureCode::SourceDamaged)).await),
        (Outcome::ReturnToCompress, Stage::Compress) => return None,
        (Outcome::ReturnToCompress, _) => is_done(catalog.return_to_compress(lease, "missing").await),
    };
    Some(done)
}

fn is_done<T>(answer: Result<Fenced<T>, CatalogError>) -> bool {
    matches!(answer.unwrap(), Fenced::Done(_))
}
