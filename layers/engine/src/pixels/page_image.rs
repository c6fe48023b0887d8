//! The pixels of one page.

use crate::pixels::image::GreyImage;

/// A page's pixels at the resolution in which they are stored or were drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct PageImage {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Values of a pixel: 1 grey, 3 red, green, blue.
    pub channels: usize,
    /// `width * height * channels` values, row after row.
    pub pixels: Vec<u8>,
    /// Pixels an inch, across.
    pub dpi: f64,
}

impl PageImage {
    /// The page in grey, by the luma weights of ITU-R BT.601, which `OpenCV` and `MuPDF` use, too.
    #[must_use]
    pub fn to_grey(&self) -> GreyImage {
        let pixels = match self.channels {
            1 => self.pixels.clone(),
            _ => self.pixels.chunks_exact(3).map(luma).collect(),
        };
        GreyImage { width: self.width, height: self.height, pixels }
    }

    /// The page in grey, without a copy where it is grey already.
    #[must_use]
    pub fn into_grey(self) -> GreyImage {
        if self.channels == 1 {
            return GreyImage { width: self.width, height: self.height, pixels: self.pixels };
        }
        self.to_grey()
    }
}

/// In 65,536ths: 0.299 red, 0.587 green, 0.114 blue.
fn luma(pixel: &[u8]) -> u8 {
    let weighted = 19_595 * u32::from(pixel[0]) + 38_470 * u32::from(pixel[1]) + 7_471 * u32::from(pixel[2]);
    ((weighted + 32_768) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_grey_by_their_lightness() {
        let pixels = vec![255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
        let image = PageImage { width: 6, height: 1, channels: 3, pixels, dpi: 200.0 };
        assert_eq!(image.to_grey().pixels, [255, 0, 76, 150, 29, 9]);
        assert_eq!(image.to_grey(), image.into_grey());
    }

    #[test]
    fn grey_stays_grey() {
        let image = PageImage { width: 2, height: 1, channels: 1, pixels: vec![3, 4], dpi: 200.0 };
        assert_eq!(image.to_grey().pixels, [3, 4]);
        assert_eq!(image.into_grey().pixels, [3, 4]);
    }
}
