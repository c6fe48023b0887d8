//! Scans, page ranges and opinions in PostgreSQL: the status machine and all the SQL.
//!
//! A message says only what may be ready; the truth is here. A worker [claims](Catalog::claim_scan) a row and gets a
//! [`Lease`], renews it by a [`Heartbeat`], and ends it by one of the fenced writes ([`Catalog::finish_compress`],
//! [`Catalog::finish_range`], [`Catalog::finish_split`], [`Catalog::give_back`], [`Catalog::fail`],
//! [`Catalog::return_to_compress`]), which change nothing once the lease is lost. [`Catalog::rescue`] and
//! [`Catalog::resend`] put right what nobody is working on. What each returns as [`Task`] is to be sent right after.
//!
//! What keeps this right under races:
//! - Every time is the database's clock.
//! - Whoever changes a scan and its ranges locks the scan's row first, and ranges after it; whoever decides between
//!   scans of one key locks the key's row before. Nobody waits the other way round; reconcile skips what is locked.
//! - What follows from a status (no lease outlives a busy one, whatever waits is stamped as sent, an event for
//!   everything, news of every end in the outbox) is kept by triggers of the status machine's migration.
//!
//! Every statement is checked against the migrations when the crate is compiled, through what is recorded in `.sqlx/`.
//! After changing a statement or a migration, record anew: apply the migrations to an empty database, empty `.sqlx/`,
//! and run `cargo check -p catalog` with `DATABASE_URL` naming that database, `SQLX_OFFLINE=false` and
//! `SQLX_OFFLINE_DIR` naming `.sqlx/` by its full path.

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
#[cfg(feature = "testing")]
pub mod testing;

pub use attempt::{Failure, FanOut, Fenced, GivenBack, Lease, LeaseRules, NewOpinion, NewRange, Publication};
pub use claim::{Claim, ClaimedRange, ClaimedScan, RangeResult};
pub use connection::{Catalog, DatabaseSettings};
pub use error::CatalogError;
pub use heartbeat::Heartbeat;
pub use intake::{KeyLock, NewScan, Recorded};
pub use read::{Event, Filter, OpinionDetail, RangeDetail, ScanDetail, ScanRow, ScanSummary};
pub use reconcile::{RescueOutcome, Rescued, Sample};
