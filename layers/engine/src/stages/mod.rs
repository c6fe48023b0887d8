//! The work on a volume in three stages that need not run on one machine: between them lie files.
//!
//! ```text
//! original ─▶ prepare ─▶ compressed.zip ────────────────────────────┐
//!                   └──▶ range-0000.pdf ─▶ scan ─▶ range-0000.zip ──┼─▶ split ─▶ result/ as `quire process` writes it
//!                   └──▶ range-0001.pdf ─▶ scan ─▶ range-0001.zip ──┘
//! ```
//!
//! With the same settings (and the same number of jobs, which decides how pages are grouped) the result is, byte for
//! byte, that of [`crate::process::process`] on the original: both are made of the same steps.
//!
//! Every stage works in a directory that the caller gives it and removes afterwards; nothing is written outside, and
//! temporary files of child programs lie in it, too. When a stage returns, whatever it returns, no child process and no
//! thread of it runs on. A stage may be called any number of times in one process.

mod archive;
mod cut;
mod error;
mod manifest;
mod prepare;
mod scan;
mod split;
mod stored_pages;
mod unpack;

pub use crate::process::{NoProgress, PageProblem, ProcessError, Progress, Settings, StageReport, Summary};
pub use error::IntermediateError;
pub use prepare::{Prepared, PreparedRange, prepare};
pub use scan::{RangeToScan, ScannedRange, load_models, scan};
pub use split::{SplitInputs, SplitOpinion, SplitResult, split};
