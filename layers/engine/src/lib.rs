//! A scanned law volume in, its opinions out.
//!
//! The engine knows no AWS, no database and no queue: files in, files out.

pub mod cancellation;
pub mod detect;
pub mod detection;
pub mod error;
pub mod external;
pub mod geometry;
pub mod installation;
pub mod layout;
pub mod naming;
pub mod numbering;
pub mod pairing;
pub mod pixels;
pub mod redact;
pub mod volume;
