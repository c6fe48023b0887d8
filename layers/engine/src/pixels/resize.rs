//! Pages in another size.

use crate::pixels::page_image::PageImage;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{Filter, FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

/// The page in another size; every source pixel has its share in the result.
///
/// The kernel is the cubic Hermite polynomial, which `MuPDF`, the reference's renderer, uses: among the
/// usual kernels its result lies nearest to the reference's pages.
///
/// Returns `None` for an image whose pixels do not fit its size, or a size of zero.
#[must_use]
pub fn resized(image: &PageImage, width: usize, height: usize) -> Option<PageImage> {
    let kernel = Filter::new("Hermite", hermite, 1.0).ok()?;
    resized_with(image, width, height, FilterType::Custom(kernel))
}

/// The page in the size that the models look at. The kernel is a Gaussian: the detector reduces once more without
/// antialiasing, and on the softer pixels it finds every box of the reference, which renders a fraction of a pixel
/// away. Sharper kernels miss one to ten of three hundred.
#[must_use]
pub(super) fn resized_for_detection(image: &PageImage, width: usize, height: usize) -> Option<PageImage> {
    resized_with(image, width, height, FilterType::Gaussian)
}

fn resized_with(image: &PageImage, width: usize, height: usize, kernel: FilterType) -> Option<PageImage> {
    if (width, height) == (image.width, image.height) {
        return Some(image.clone());
    }
    let side = |length: usize| u32::try_from(length).ok().filter(|length| *length > 0);
    let kind = if image.channels == 1 { PixelType::U8 } else { PixelType::U8x3 };
    let source = ImageRef::new(side(image.width)?, side(image.height)?, &image.pixels, kind).ok()?;
    let mut target = Image::new(side(width)?, side(height)?, kind);
    let algorithm = ResizeAlg::Convolution(kernel);
    let options = ResizeOptions::new().resize_alg(algorithm);
    Resizer::new().resize(&source, &mut target, &options).ok()?;
    let dpi = image.dpi * width as f64 / image.width as f64;
    Some(PageImage { width, height, channels: image.channels, pixels: target.into_vec(), dpi })
}

/// 1 at the centre, 0 from 1 on, level at both.
fn hermite(distance: f64) -> f64 {
    let x = distance.abs().min(1.0);
    (2.0 * x - 3.0) * x * x + 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

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
