//! A scanned law volume in, its opinions out.
//!
//! The engine knows no AWS, no database and no queue: files in, files out.

pub mod cancellation;
pub mod detection;
pub mod error;
pub mod external;
pub mod geometry;
pub mod pixels;
pub mod text;
pub mod volume;
