#![doc = include_str!("../README.md")]

mod activity;
mod claim;
mod connection;
mod database;
mod delete;
mod error;
mod failed;
mod finish;
mod forecast;
mod give_back;
mod heartbeat;
mod intake;
mod lease;
mod openid;
mod operate;
mod outbox;
mod overview;
mod people;
mod read;
mod rescue;
mod restore;
mod sample;
mod skipped;
mod state;
mod sweep;
#[cfg(feature = "testing")]
pub mod testing;
mod usage;

// Only its TLS feature is wanted.
use sqlx_core as _;

pub use activity::{Activity, ActivityFilter};
pub use claim::{Claim, ClaimTerms, ClaimedRange, ClaimedScan, RangeResult};
pub use connection::Catalog;
pub use database::{CredentialSource, Credentials, Database, DatabaseSettings};
pub use error::CatalogError;
pub use failed::FailedScans;
pub use finish::{FanOut, NewOpinion, NewRange, Publication};
pub use forecast::{Effect, Forecast};
pub use give_back::GivenBack;
pub use heartbeat::Heartbeat;
pub use intake::{KeyLock, NewScan, Recorded};
pub use lease::{Failure, Fenced, Lease, LeaseRules};
pub use openid::{OpenIdEntry, OpenIdIdentity};
pub use overview::{FailureGroup, FailureKind, Overview};
pub use people::{Invitation, Person, PersonSummary, SecretHash, SignInLimits, SignInSecret};
pub use read::{
    Event, Filter, FindingDetail, OpinionDetail, RangeDetail, ScanDetail, ScanRow, ScanSummary, other_fields, suspects,
};
pub use rescue::{RescueOutcome, Rescued};
pub use restore::ScanRecord;
pub use sample::Sample;
pub use skipped::{Restart, SkippedPage};
pub use sweep::AbandonedAttempt;
pub use usage::{StageUsage, Usage, UsageReport};
