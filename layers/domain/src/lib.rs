#![doc = include_str!("../README.md")]

mod actor;
mod attempt_key;
mod failure;
mod finding;
mod model_choice;
mod page_reader;
pub mod prices;
mod role;
mod scan_ended;
mod status;
mod task;
mod upload_key;
mod uploader;
mod volume_name;

pub use actor::{Actor, ActorError};
pub use attempt_key::{
    AttemptKey, AttemptKind, AttemptPrefix, KeyError, PREVIEWS, ResultKey, Results, Work, WorkKey, preview_file,
    previewed_page,
};
pub use failure::{FailureClass, FailureCode};
pub use finding::{Evidence, EvidenceBox, Finding, FindingCounts, Severity};
pub use model_choice::{ModelChoice, ModelName, ModelNameError};
pub use page_reader::{PageReader, PageReaderError};
pub use role::Role;
pub use scan_ended::ScanEnded;
pub use status::{RangeStatus, Stage, Status, WaitsFor};
pub use task::Task;
pub use upload_key::{ListedUpload, UploadKey};
pub use uploader::Uploader;
pub use volume_name::{NameParts, NamingError, VolumeName, image_file, opinion_files};

use std::fmt::Display;

/// `1 file`, `2 files`.
#[must_use]
pub fn count<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    if number == N::from(1) { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The number of a scan: the primary key of its row.
pub type ScanId = i64;

/// The longest key that S3 accepts, in bytes.
pub const LONGEST_KEY: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_has_no_plural() {
        assert_eq!([0, 1, 2].map(|number| count(number, "page")), ["0 pages", "1 page", "2 pages"]);
    }
}
