//! Keys and transfers: all the S3.
//!
//! Originals are in the upload bucket, under keys of the archive's convention ([`UploadKey`]), and every read
//! names the version. What an attempt writes is in the result bucket under a prefix of its own
//! ([`AttemptPrefix`]): a [`WorkKey`] for what the next stage reads, a [`ResultKey`] for what people get.
//! [`Objects`] transfers both: files stream in parts, several at once, and memory does not grow with them.
//!
//! The HTTP client and the credentials come from outside, in the `SdkConfig`. This crate logs nothing
//! above `tracing`'s debug level: what goes wrong is returned.

mod download;
mod error;
mod listing;
mod objects;
mod sdk;
mod upload;
mod version;

pub use error::ObjectError;
pub use listing::{Attempts, ListedAttempt};
pub use objects::Objects;
pub use version::ObjectVersion;
