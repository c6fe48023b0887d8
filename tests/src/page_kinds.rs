//! Sound but odd volumes of two pages, made of the sample's pages: whatever a scan can be stored as, every page but
//! those of [`vector`] looks like the sample's when it is displayed. Every function returns the file's bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a file that cannot be made should stop the test where it stands"
)]

mod contents;
mod encodings;
mod placements;
#[cfg(test)]
mod tests;

pub use contents::{FURNITURE, HIDDEN_WORD, furnished, hidden_text, layered, vector};
pub use encodings::{ccitt_g4, cmyk_jpeg, jbig2, one_bit_flate, rgb_jpeg};
pub use placements::{Turn, cropped, rotated, strips};

/// Pages of every volume made here: the first of the sample.
pub const PAGES: usize = 2;
