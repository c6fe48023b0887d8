//! Keys and transfers against the real thing: S3 of the local stack.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod buckets;
mod faults;
mod listing;
mod proxy;
mod transfers;
mod versions;
