//! A grey image in memory.

/// A grey image: one byte a pixel, 0 black to 255 white, rows from the top without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height` bytes.
    pub pixels: Vec<u8>,
}

impl GreyImage {
    /// An image of one shade.
    #[must_use]
    pub fn filled(width: u32, height: u32, shade: u8) -> Self {
        Self { width, height, pixels: vec![shade; area(width, height)] }
    }

    /// True when the image has at least one pixel and exactly as many bytes as its size says.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.width > 0 && self.height > 0 && self.pixels.len() == area(self.width, self.height)
    }

    /// The image as a binary PGM file, the plainest format that every image tool reads.
    #[must_use]
    pub fn to_pgm(&self) -> Vec<u8> {
        let mut file = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        file.extend_from_slice(&self.pixels);
        file
    }
}

/// Pixels of an image; saturates where memory could not hold them anyway.
fn area(width: u32, height: u32) -> usize {
    usize::try_from(u64::from(width) * u64::from(height)).unwrap_or(usize::MAX)
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
    fn pgm_is_a_header_and_the_pixels() {
        let image = GreyImage { width: 2, height: 1, pixels: vec![0, 255] };
        assert_eq!(image.to_pgm(), b"P5\n2 1\n255\n\x00\xff");
    }
}
