//! The pixels of one page.

use crate::geometry::Rect;
use crate::pixels::image::GreyImage;
use crate::pixels::resize::{resized, resized_for_detection};

/// A resolution finer than wanted by less than this is left alone: scanners are not exact.
const FINER: f64 = 1.05;

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

    /// The page in another size, every pixel with its share; white where the size or the pixels make no image.
    #[must_use]
    pub fn resized(&self, width: usize, height: usize) -> Self {
        resized(self, width, height).unwrap_or_else(|| self.blank(width, height))
    }

    /// The page in the size that the models look at; white where the size or the pixels make no image.
    #[must_use]
    pub fn resized_for_detection(&self, width: usize, height: usize) -> Self {
        resized_for_detection(self, width, height).unwrap_or_else(|| self.blank(width, height))
    }

    fn blank(&self, width: usize, height: usize) -> Self {
        let pixels = vec![255; width * height * self.channels];
        Self { width, height, channels: self.channels, pixels, dpi: self.dpi }
    }

    /// The page at a lower resolution; itself where it is no finer.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "smaller than the image")]
    pub fn reduced_to(self, dpi: f64) -> Self {
        if self.dpi <= dpi * FINER {
            return self;
        }
        let side = |length: usize| (length as f64 * dpi / self.dpi).round().max(1.0) as usize;
        self.resized(side(self.width), side(self.height))
    }

    /// The part inside a rectangle, in whole pixels of this image.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the image before")]
    pub fn cut(&self, rect: &Rect) -> Self {
        let clamp = |value: f64, end: usize| value.clamp(0.0, end as f64) as usize;
        let (x0, x1) = (clamp(rect.x0.floor(), self.width), clamp(rect.x1.ceil(), self.width));
        let (y0, y1) = (clamp(rect.y0.floor(), self.height), clamp(rect.y1.ceil(), self.height));
        let (width, height) = (x1.saturating_sub(x0), y1.saturating_sub(y0));
        let row = |y: usize| {
            let start = (y * self.width + x0) * self.channels;
            &self.pixels[start..start + width * self.channels]
        };
        let pixels = (y0..y0 + height).flat_map(row).copied().collect();
        Self { width, height, channels: self.channels, pixels, dpi: self.dpi }
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
    fn a_cut_is_the_pixels_inside() {
        let image = PageImage { width: 4, height: 3, channels: 1, pixels: (0..12).collect(), dpi: 1.0 };
        let cut = image.cut(&Rect::new(0.5, 1.0, 2.0, 9.0));
        assert_eq!((cut.width, cut.height, cut.pixels), (2, 2, vec![4, 5, 8, 9]));
    }

    #[test]
    fn grey_stays_grey() {
        let image = PageImage { width: 2, height: 1, channels: 1, pixels: vec![3, 4], dpi: 200.0 };
        assert_eq!(image.to_grey().pixels, [3, 4]);
        assert_eq!(image.into_grey().pixels, [3, 4]);
    }
}
