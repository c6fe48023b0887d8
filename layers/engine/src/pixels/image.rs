//! A grey image in memory.

use super::page_image::PageImage;

/// A grey image: one byte a pixel, 0 black to 255 white, rows from the top without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyImage {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `width * height` bytes.
    pub pixels: Vec<u8>,
}

impl GreyImage {
    /// An image of one shade.
    #[must_use]
    pub fn filled(width: usize, height: usize, shade: u8) -> Self {
        Self { width, height, pixels: vec![shade; width.saturating_mul(height)] }
    }

    /// True when the image has at least one pixel and exactly as many bytes as its size says.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.width > 0 && self.height > 0 && self.pixels.len() == self.width.saturating_mul(self.height)
    }

    /// The image in another size, every pixel with its share; itself where the size is the same.
    #[must_use]
    pub fn resized(self, width: usize, height: usize) -> Self {
        let page = PageImage { width: self.width, height: self.height, channels: 1, pixels: self.pixels, dpi: 0.0 };
        page.resized(width, height).into_grey()
    }

    /// The image with rows and columns cut off or white ones added at the right and at the bottom.
    #[must_use]
    pub fn framed(self, width: usize, height: usize) -> Self {
        if (width, height) == (self.width, self.height) {
            return self;
        }
        let mut pixels = vec![255; width * height];
        let common = width.min(self.width);
        for (target, source) in pixels.chunks_exact_mut(width.max(1)).zip(self.pixels.chunks_exact(self.width.max(1))) {
            target[..common].copy_from_slice(&source[..common]);
        }
        Self { width, height, pixels }
    }

    /// The image as a binary PGM file, the plainest format that every image tool reads.
    #[must_use]
    pub fn to_pgm(&self) -> Vec<u8> {
        let mut file = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        file.extend_from_slice(&self.pixels);
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_with_missing_rows_is_not_whole() {
        let mut image = GreyImage::filled(4, 3, 255);
        assert!(image.is_whole());
        image.pixels.truncate(8);
        assert!(!image.is_whole());
        assert!(!GreyImage::filled(0, 3, 0).is_whole());
    }

    #[test]
    fn a_frame_cuts_and_adds_white() {
        let image = GreyImage { width: 2, height: 2, pixels: vec![1, 2, 3, 4] };
        assert_eq!(image.framed(3, 1).pixels, [1, 2, 255]);
    }

    #[test]
    fn pgm_is_a_header_and_the_pixels() {
        let image = GreyImage { width: 2, height: 1, pixels: vec![0, 255] };
        assert_eq!(image.to_pgm(), b"P5\n2 1\n255\n\x00\xff");
    }
}
