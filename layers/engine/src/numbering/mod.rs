//! Page numbers: what was read on each page, made into one number for every page (specification, section 4).
//!
//! The reference corrects a page from its nearest neighbours and keeps what it cannot explain; it kept a 744
//! that was read as 144. Here the whole volume is explained at once: *offset* is printed number minus page
//! index, which stays the same along a run of pages, and the offsets are chosen that most readings agree with
//! and that change least. A misreading costs less than two changes of the offset, so it is put right; a gap in
//! the printed numbers that at least two later pages confirm costs less than all of them, so it is kept.

mod offsets;
mod printed_numbers;

pub use offsets::{correct, number_pages};
pub use printed_numbers::{Reading, choose, plausible};

#[cfg(test)]
mod tests;
