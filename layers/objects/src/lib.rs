//! Keys and transfers: all the S3.
//!
//! Originals are in the upload bucket, and every read names the version. What an attempt writes is in the result bucket,
//! under a prefix of its own ([`domain::AttemptPrefix`]). [`Objects`] transfers both: files are streamed in parts, several
//! at once, and memory does not grow with their size.
//!
//! Errors are returned. This crate logs only at the level `debug`.

mod checksum;
mod client;
mod download;
mod error;
mod listing;
mod objects;
mod partial_file;
mod upload;
mod version;

pub use error::ObjectError;
pub use listing::{AttemptPage, ListedAttempt};
pub use objects::Objects;
pub use version::ObjectVersion;
