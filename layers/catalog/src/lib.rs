//! Scans, page ranges and opinions in PostgreSQL: the status machine and all the SQL.
//!
//! A message only says what may be ready; the catalog holds the truth. A worker [claims](Catalog::claim_scan) a row and
//! gets a [`Lease`]. It renews the lease with a [`Heartbeat`], and ends it with one of the fenced writes
//! ([`Catalog::finish_compress`], [`Catalog::finish_range`], [`Catalog::finish_split`], [`Catalog::give_back`],
//! [`Catalog::fail`], [`Catalog::return_to_compress`]), which change nothing once the lease is lost.
//! [`Catalog::rescue`] and [`Catalog::resend`] recover rows on which nobody works. The caller sends the [`Task`]s that a
//! function returns right after the call.
//!
//! These rules keep the rows correct when workers race:
//! - Every time comes from the database's clock.
//! - A transaction that changes a scan and its ranges locks the scan's row first, then ranges. One that decides between
//!   scans of a key locks the key's row before both. Nobody locks in another order, and recovery skips locked rows.
//! - Triggers (in the migration of the status machine) keep what follows from a status: only a busy row has a lease, a
//!   row that begins to wait is marked as dispatched, every change has an event, every end is in the outbox.
//!
//! sqlx checks every statement against the migrations when it compiles the crate, with the descriptions in `.sqlx/`.
//! After a change of a statement or a migration, record them again: apply the migrations to an empty database, empty
//! `.sqlx/`, and run `cargo check -p catalog` with `DATABASE_URL` naming that database, `SQLX_OFFLINE=false`, and
//! `SQLX_OFFLINE_DIR` naming `.sqlx/` by its full path.
//!
//! [`Task`]: domain::Task

mod claim;
mod connection;
mod error;
mod finish;
mod give_back;
mod heartbeat;
mod intake;
mod lease;
mod operate;
mod outbox;
mod read;
mod rescue;
mod sample;
mod state;
mod sweep;
#[cfg(feature = "testing")]
pub mod testing;

// Only its TLS feature is wanted.
use sqlx_core as _;

pub use claim::{Claim, ClaimedRange, ClaimedScan, RangeResult};
pub use connection::{Catalog, DatabaseSettings};
pub use error::CatalogError;
pub use finish::{FanOut, NewOpinion, NewRange, Publication};
pub use give_back::GivenBack;
pub use heartbeat::Heartbeat;
pub use intake::{KeyLock, NewScan, Recorded};
pub use lease::{Failure, Fenced, Lease, LeaseRules};
pub use read::{Event, Filter, OpinionDetail, RangeDetail, ScanDetail, ScanRow, ScanSummary};
pub use rescue::{RescueOutcome, Rescued};
pub use sample::Sample;
