//! What is done to pages, step by step.
//!
//! A step knows neither which driver calls it nor what runs before and after it. It gets the [`Run`](run::Run) and the
//! results of other steps, and leaves large results in the directory of the run.
//!
//! ```text
//! run, file_names ◀── original ◀── detect_pages ──▶ page_numbers, pictures, previews ──▶ detected_page
//!                         ▲
//!                         ├─── agreement, read_pages, compress_pages, cut_ranges
//!                         ├─── redact_pages ──▶ read_pages, compress_pages, footnotes
//!                         │         ▲
//!                         │    write_results, review_results
//!                         └─── pack, unpack ──▶ archive, manifest, and the steps whose results they carry
//! ```

pub(crate) mod agreement;
pub(crate) mod archive;
pub(crate) mod compress_pages;
pub(crate) mod cut_ranges;
pub(crate) mod detect_pages;
pub(crate) mod detected_page;
mod file_names;
mod footnotes;
mod manifest;
#[cfg(test)]
mod mutations;
pub(crate) mod original;
pub(crate) mod pack;
pub(crate) mod page_numbers;
mod pictures;
mod previews;
pub(crate) mod read_pages;
pub(crate) mod redact_pages;
pub(crate) mod review_results;
pub(crate) mod run;
pub(crate) mod unpack;
pub(crate) mod write_results;
