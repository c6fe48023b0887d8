//! What came out.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The steps of `process` in their order, then those between stages on several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Pixels, boxes, columns, printed page numbers.
    Detect,
    /// Words, by Tesseract.
    Read,
    /// Smaller pages, by Ghostscript.
    Compress,
    /// Covers on the pages and their words.
    Redact,
    /// Volumes and opinions put together.
    Write,
    /// Every page decoded once, where detection does not do that.
    Check,
    /// Ranges of pages cut from the volume, for other machines.
    Cut,
    /// Results of a stage put into one file.
    Pack,
    /// Results of other stages taken out of their files.
    Unpack,
}

impl Stage {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Read => "read",
            Self::Compress => "compress",
            Self::Redact => "redact",
            Self::Write => "write",
            Self::Check => "check",
            Self::Cut => "cut",
            Self::Pack => "pack",
            Self::Unpack => "unpack",
        }
    }
}

/// What a stage cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// Which stage.
    pub name: Stage,
    /// Wall clock, in seconds.
    pub wall_seconds: f64,
    /// Processor time of this process and of the programs it ran, in seconds.
    pub cpu_seconds: f64,
    /// Pages worked on.
    pub pages: usize,
}

/// A page that could not be read, or not made smaller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageProblem {
    /// Page, from 0.
    pub page_index: usize,
    /// Stable code: `page.damaged` (kept as a blank), `page.not_compressed` (kept as it came) or `page.not_read`
    /// (kept without words).
    pub code: String,
    /// What is wrong.
    pub reason: String,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Reporter.
    pub reporter: String,
    /// Volume.
    pub volume: String,
    /// Number printed on the first page.
    pub first_page: u32,
    /// Number printed on the last page.
    pub last_page: u32,
    /// How many pages the volume has.
    pub pages: usize,
    /// How many opinions were found.
    pub opinions: usize,
    /// Bytes of the volume as it came.
    pub input_bytes: u64,
    /// Bytes of the compressed and searchable volume.
    pub output_bytes: u64,
    /// Where the results are.
    pub directory: PathBuf,
    /// Every file there, relative to the directory.
    pub files: Vec<PathBuf>,
    /// Pages that are not as they should be.
    pub problems: Vec<PageProblem>,
    /// What each stage cost.
    pub stages: Vec<StageReport>,
}
