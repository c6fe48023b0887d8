//! Images in memory: the pixels of a page, in colour or grey, cut and resized.

use super::light;
use crate::geometry::Rect;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{Filter, FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

/// A grey image: one byte a pixel, 0 black to 255 white, rows from the top without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyImage {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl GreyImage {
    /// An image of one shade.
    #[must_use]
    pub fn filled(width: usize, height: usize, shade: u8) -> Self {
        Self { width, height, pixels: vec![shade; width.saturating_mul(height)] }
    }

    /// True if the image is not empty and has exactly the bytes that its size requires.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.width > 0 && self.height > 0 && self.pixels.len() == self.width.saturating_mul(self.height)
    }

    /// Resizes as [`PageImage::resized`] does.
    #[must_use]
    pub fn resized(self, width: usize, height: usize) -> Self {
        let page = PageImage { width: self.width, height: self.height, channels: 1, pixels: self.pixels, dpi: 0.0 };
        page.resized(width, height).into_grey()
    }

    /// Crops, or extends with white, at the right and at the bottom.
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

    /// The image with its light evened out: divided by the level of the paper around. A page whose light is even comes
    /// back as it is.
    #[must_use]
    pub fn flattened(self) -> Self {
        let flat = light::flattened(self.width, self.height, &self.pixels);
        Self { pixels: flat.unwrap_or(self.pixels), ..self }
    }

    /// The image as a binary PGM file.
    #[must_use]
    pub fn to_pgm(&self) -> Vec<u8> {
        let mut file = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        file.extend_from_slice(&self.pixels);
        file
    }
}

/// Scanners are not exact: a resolution that is higher by no more than this factor is left as it is.
const FINER: f64 = 1.05;

/// The pixels of a page, or of a part of it, at the resolution in which they are stored or were drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct PageImage {
    pub width: usize,
    pub height: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// `width * height * channels` values, row after row.
    pub pixels: Vec<u8>,
    /// Horizontal resolution.
    pub dpi: f64,
}

impl PageImage {
    /// Grey by the luma weights of ITU-R BT.601, which `OpenCV` and `MuPDF` also use.
    #[must_use]
    pub fn to_grey(&self) -> GreyImage {
        let pixels = match self.channels {
            1 => self.pixels.clone(),
            _ => self.pixels.chunks_exact(3).map(luma).collect(),
        };
        GreyImage { width: self.width, height: self.height, pixels }
    }

    /// Resizes with antialiasing: every source pixel contributes to the result. Returns a white image if the size is
    /// zero or the pixels do not fit the size.
    ///
    /// The kernel is the cubic Hermite polynomial of `MuPDF`, the reference's renderer. Of the usual kernels it comes
    /// closest to the reference's pages.
    #[must_use]
    pub fn resized(&self, width: usize, height: usize) -> Self {
        resized(self, width, height).unwrap_or_else(|| self.blank(width, height))
    }

    /// Resizes to the size that the models get, otherwise as [`PageImage::resized`].
    ///
    /// The kernel is a Gaussian. The detector reduces the image again without antialiasing, and on these softer pixels
    /// it finds every box of the reference, whose renderer places a page a fraction of a pixel away. With sharper
    /// kernels it misses one to ten boxes of three hundred.
    #[must_use]
    pub fn resized_for_detection(&self, width: usize, height: usize) -> Self {
        resized_with(self, width, height, FilterType::Gaussian).unwrap_or_else(|| self.blank(width, height))
    }

    fn blank(&self, width: usize, height: usize) -> Self {
        let pixels = vec![255; width * height * self.channels];
        Self { width, height, channels: self.channels, pixels, dpi: self.dpi }
    }

    /// Reduces to a lower resolution. Returns the image unchanged if it is not finer.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "smaller than the image")]
    pub fn reduced_to(self, dpi: f64) -> Self {
        if self.dpi <= dpi * FINER {
            return self;
        }
        let side = |length: usize| (length as f64 * dpi / self.dpi).round().max(1.0) as usize;
        self.resized(side(self.width), side(self.height))
    }

    /// The image in grey with its light evened out. A page whose light is even comes back as it is, with its colours.
    ///
    /// The models were trained on grey pages. In the tint and the coloured noise of a camera they miss headnotes.
    #[must_use]
    pub fn flattened(self) -> Self {
        match light::flattened(self.width, self.height, &self.to_grey().pixels) {
            Some(pixels) => Self { channels: 1, pixels, ..self },
            None => self,
        }
    }

    /// The part inside a rectangle, which is in pixels of this image and is extended to whole pixels.
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

    /// [`PageImage::to_grey`] without a copy if the image is grey already.
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

fn resized(image: &PageImage, width: usize, height: usize) -> Option<PageImage> {
    let kernel = Filter::new("Hermite", hermite, 1.0).ok()?;
    resized_with(image, width, height, FilterType::Custom(kernel))
}

/// `None` if the size is zero or the pixels do not fit the size.
fn resized_with(image: &PageImage, width: usize, height: usize, kernel: FilterType) -> Option<PageImage> {
    if (width, height) == (image.width, image.height) {
        return Some(image.clone());
    }
    // The function for any pixel would be compiled for all 13 kinds: as much code as all of this crate.
    let pixels = match image.channels {
        1 => resized_pixels::<U8>(image, width, height, kernel)?,
        _ => resized_pixels::<U8x3>(image, width, height, kernel)?,
    };
    let dpi = image.dpi * width as f64 / image.width as f64;
    Some(PageImage { width, height, channels: image.channels, pixels, dpi })
}

fn resized_pixels<P: PixelTrait>(
    image: &PageImage,
    width: usize,
    height: usize,
    kernel: FilterType,
) -> Option<Vec<u8>> {
    let side = |length: usize| u32::try_from(length).ok().filter(|length| *length > 0);
    let source = TypedImageRef::<P>::from_buffer(side(image.width)?, side(image.height)?, &image.pixels).ok()?;
    let (across, down) = (side(width)?, side(height)?);
    let mut pixels = vec![0; width * height * image.channels];
    let mut target = TypedImage::<P>::from_buffer(across, down, &mut pixels).ok()?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(kernel));
    Resizer::new().resize_typed(&source, &mut target, &options).ok()?;
    Some(pixels)
}

/// 1 at the centre and 0 from a distance of 1, with a slope of 0 at both.
fn hermite(distance: f64) -> f64 {
    let x = distance.abs().min(1.0);
    (2.0 * x - 3.0) * x * x + 1.0
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

    #[test]
    fn colours_become_grey_by_their_lightness() {
        let pixels = vec![255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];
        let image = PageImage { width: 6, height: 1, channels: 3, pixels, dpi: 200.0 };
        assert_eq!(image.to_grey().pixels, [255, 0, 76, 150, 29, 9]);
        assert_eq!(image.to_grey(), image.into_grey());
    }

    #[test]
    fn a_page_in_uneven_light_becomes_grey_and_another_keeps_its_colours() {
        let page = |light: fn(usize) -> f64| {
            let pixels = (0..64 * 64).flat_map(|at| [240.0, 200.0, 160.0].map(|level| (level * light(at % 64)) as u8));
            PageImage { width: 64, height: 64, channels: 3, pixels: pixels.collect(), dpi: 200.0 }
        };
        let even = page(|_| 1.0);
        assert_eq!(even.clone().flattened(), even);
        let flat = page(|x| 0.5 + 0.5 * x as f64 / 63.0).flattened();
        assert_eq!((flat.channels, flat.pixels.len()), (1, 64 * 64));
        let (darkest, lightest) = (flat.pixels.iter().min().unwrap(), flat.pixels.iter().max().unwrap());
        assert!(lightest - darkest < 20, "{darkest} to {lightest}");
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

    #[test]
    fn a_reduction_averages() {
        let pixels = (0..8).flat_map(|row| (0..8).map(move |column| u8::from((row + column) % 2 == 1) * 200));
        let image = PageImage { width: 8, height: 8, channels: 1, pixels: pixels.collect(), dpi: 300.0 };
        let small = resized(&image, 4, 4).unwrap();
        assert_eq!((small.width, small.height, small.dpi), (4, 4, 150.0));
        assert!(small.pixels.iter().all(|value| (90..=110).contains(value)), "{:?}", small.pixels);
    }

    #[test]
    fn colours_stay_apart() {
        let image = PageImage { width: 4, height: 4, channels: 3, pixels: [10, 100, 200].repeat(16), dpi: 1.0 };
        assert_eq!(resized(&image, 2, 3).unwrap().pixels, [10, 100, 200].repeat(6));
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let image = PageImage { width: 4, height: 4, channels: 1, pixels: vec![0; 3], dpi: 1.0 };
        assert_eq!(resized(&image, 2, 2), None);
        let image = PageImage { width: 2, height: 2, channels: 1, pixels: vec![0; 4], dpi: 1.0 };
        assert_eq!(resized(&image, 0, 2), None);
    }
}
