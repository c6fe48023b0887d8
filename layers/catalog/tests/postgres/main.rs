//! Tests of the catalog with a real PostgreSQL: every rule of the status machine, and the races.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may as well stop here")]

mod bulk_uploads;
mod cancelling;
mod claims;
mod deletion;
mod failed;
mod fan_in;
mod fences;
mod forecasts;
mod intake;
mod interruptions;
mod model;
mod operators;
mod outbox;
mod people;
mod pooling;
mod readers;
mod rescue;
mod resend;
mod retries;
mod scale;
mod skipping;
mod stages;
mod status_machine;
mod sweep;
mod test_bench;
