//! A scanned law volume in, its opinions out.
//!
//! The engine knows no AWS, no database and no queue: files in, files out.

pub mod detection;
pub mod error;
pub mod geometry;
pub mod pixels;
pub mod source;
pub mod volume;
