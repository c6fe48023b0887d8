//! Tests of pairing through its public interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in its helpers")]

mod bad_files;
mod golden;
mod properties;
mod rules;
mod shared;
#[path = "../support/shared_data.rs"]
mod shared_data;
mod volumes;
