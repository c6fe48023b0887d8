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
pub use encodings::{ccitt_g4, cmyk_jpeg, grey_jpeg, jbig2, one_bit_flate, refined_jbig2, rgb_jpeg, screened};
pub use placements::{Turn, cropped, rotated, strips};

/// A kind of volume by name.
pub type Kind = (&'static str, fn() -> Vec<u8>);

/// Every kind of which a plain page is made; one with [`layered`] content is not among them.
pub const KINDS: [Kind; 14] = [
    ("rgb", rgb_jpeg),
    ("cmyk", cmyk_jpeg),
    ("ccitt", ccitt_g4),
    ("one-bit", one_bit_flate),
    ("screened", screened),
    ("jbig2", jbig2),
    ("quarter", || rotated(Turn::Quarter)),
    ("half", || rotated(Turn::Half)),
    ("three-quarters", || rotated(Turn::ThreeQuarters)),
    ("cropped", cropped),
    ("strips", || strips(8)),
    ("vector", vector),
    ("hidden-text", hidden_text),
    ("furnished", furnished),
];

/// Pages of every volume made here: the first of the sample.
pub const PAGES: usize = 2;
