//! Files that must be refused, or survived, each made anew so that no bad file lies in the repository.
//! Every function returns the file's bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a file that cannot be made should stop the test where it stands"
)]

mod images;
mod not_pdf;
mod structure;
#[cfg(test)]
mod tests;

pub use images::{
    BOMB_BYTES, Damage, SIDE_OF_THE_HUGE_IMAGE, damaged_page, flate_bomb, huge_jpeg, missing_page, nested_flate_bomb,
};
pub use not_pdf::{empty_file, plain_text, postscript, postscript_with_a_pdf_header, zip_archive};
pub use structure::{
    A_BILLION, A_MILLION, HUGE_SIDE, PASSWORD, cyclic_page_tree, direct_pages, five_pages, huge_page, limits_exceeded,
    listed_null, million_references, missing_box, password_protected, truncated, untrue_count, zero_pages,
};
