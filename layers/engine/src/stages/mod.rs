//! The work on a volume in three stages, which can run on different machines and hand each other files.
//!
//! ```text
//! original ─▶ prepare ─▶ compressed.zip ────────────────────────────┐
//!                   └──▶ range-0000.pdf ─▶ scan ─▶ range-0000.zip ──┼─▶ split ─▶ result/
//!                   └──▶ range-0001.pdf ─▶ scan ─▶ range-0001.zip ──┘
//! ```
//!
//! The stages use the same steps as `process`. With the same settings, including the number
//! of jobs, which decides how pages are grouped, their results are the same byte for byte.
//!
//! Every stage works in a directory that the caller provides and removes afterwards. It writes nothing elsewhere, and
//! neither do its child programs. When a stage returns, even with an error, all its child processes and threads have
//! ended. A process can call a stage any number of times.

mod prepare;
mod scan;
mod split;

pub use prepare::{Prepared, PreparedRange, VolumeToPrepare, prepare};
pub use scan::{RangeToScan, ScannedRange, load_models, scan};
pub use split::{SplitInputs, SplitOpinion, SplitResult, split};
