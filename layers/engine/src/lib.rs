//! A scanned law volume in, its opinions out.
//!
//! The engine knows no AWS, no database and no queue: files in, files out.

pub mod cancellation;
pub mod compress;
pub mod detect;
pub mod detection;
mod drawing;
pub mod external;
pub mod geometry;
pub mod installation;
pub mod layout;
pub mod numbering;
pub mod output;
pub mod pairing;
pub mod pixels;
pub mod process;
pub mod redact;
pub mod source;
pub mod stages;
pub mod text;
pub mod volume;

/// Pictures of what the engine sees.
pub mod inspect {
    pub use crate::process::inspection::{PageSelection, inspect};
}
