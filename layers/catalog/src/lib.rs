//! Scans, page ranges and opinions in PostgreSQL: the status machine and all the SQL.

mod attempt;
mod claim;
mod connection;
mod error;
mod heartbeat;
mod intake;
mod operate;
mod read;
mod ready;
mod reconcile;
mod state;
mod status;
#[cfg(feature = "testing")]
pub mod testing;

pub use attempt::{Failure, FanOut, Fenced, GivenBack, Lease, LeaseRules, NewOpinion, NewRange, Publication};
pub use claim::{Claim, ClaimedRange, ClaimedScan, RangeResult};
pub use connection::{Catalog, DatabaseSettings};
pub use error::CatalogError;
pub use heartbeat::Heartbeat;
pub use intake::{KeyLock, NewScan, Recorded, VolumeIdentity};
pub use read::{Event, Filter, OpinionDetail, RangeDetail, ScanDetail, ScanRow, ScanSummary};
pub use ready::Ready;
pub use reconcile::{Attempt, OutboxEvent, RescueOutcome, Rescued, Sample, SeenUpload};
pub use status::{RangeStatus, Stage, Status, WaitsFor};

/// The number of a scan.
pub type ScanId = i64;
