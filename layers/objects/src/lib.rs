#![doc = include_str!("../README.md")]

mod browser_upload;
mod checksum;
mod client;
mod download;
mod error;
mod listing;
mod meter;
mod objects;
mod partial_file;
mod upload;
mod version;

pub use browser_upload::{BrowserUpload, UploadedPart};
pub use error::ObjectError;
pub use meter::Traffic;
pub use objects::Objects;
pub use version::ObjectVersion;
