//! A grey picture.

/// Grey pixels, row after row, 0 black to 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyImage {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` values.
    pub pixels: Vec<u8>,
}
