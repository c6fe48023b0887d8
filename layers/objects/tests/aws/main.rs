//! Keys and transfers against the real thing: S3 of the local stack.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first thing that is not there")]

mod buckets;
mod emulator;
mod faults;
mod listing;
mod proxy;
mod transfers;
mod versions;
