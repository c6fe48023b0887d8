//! A scanned law volume in, its opinions out.
//!
//! The engine knows no AWS, no database and no queue: files in, files out.

pub mod detection;
pub mod error;
pub mod geometry;
pub mod naming;
pub mod numbering;
pub mod pairing;
pub mod volume;
