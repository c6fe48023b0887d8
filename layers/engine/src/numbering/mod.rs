//! Determines one page number for every page from everything that was read on the pages. See
//! docs/reference-behaviour.md, "Page numbers".
//!
//! The reference corrects a page from its nearest neighbours and keeps what it cannot explain. It kept a 744 that was
//! read as 144. This module explains the whole volume at once. The *offset* of a page is its printed number minus its
//! index, which is constant along a run of pages. The chosen offsets agree with the most readings and change the least.
//! One misreading costs less than two changes of the offset, so it is corrected. A gap in the printed numbers that at
//! least two later pages confirm costs less than as many misreadings, so it is kept.

mod offsets;
mod printed_numbers;

pub use offsets::{correct, number_pages};
pub use printed_numbers::{Reading, choose, is_read, plausible};

#[cfg(test)]
mod tests;
