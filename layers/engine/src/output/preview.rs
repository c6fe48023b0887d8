//! The preview of a page: a grey JPEG for screens, of at most 80 KB whatever is on the page.

use super::error::OutputError;
use crate::geometry::{DETECTION_DPI, PageSize};
use crate::pixels::GreyImage;
use jpeg_encoder::{ColorType, Encoder, EncodingError};

/// A preview has fewer bytes than this.
pub(crate) const MOST_PREVIEW_BYTES: usize = 80_000;

/// The resolution of a preview, unless the page is larger than [`LONGEST_SIDE`] then.
const PREVIEW_DPI: f64 = 110.0;

/// The longer side of a preview in pixels, at most. A page of A3 has 1,819.
const LONGEST_SIDE: f64 = 2000.0;

/// The qualities of the JPEG that are tried at each size. A dense page of text needs 30; at 20 it is easy to read, too.
const QUALITIES: [u8; 4] = [60, 45, 30, 20];

/// The factor by which the sides are reduced if a preview has too many bytes at every quality.
const REDUCTION: f64 = 0.8;

/// Makes the preview from the pixels of a page, whose resolution does not matter. A page without pixels is white.
///
/// The quality is lowered before the size.
///
/// # Errors
/// [`OutputError::PageImage`] if the encoder fails.
pub(crate) fn preview(page: Option<GreyImage>, size: PageSize) -> Result<Vec<u8>, OutputError> {
    let (width, height) = sides(size);
    let mut picture = page.map_or_else(|| GreyImage::filled(width, height, 255), |page| page.resized(width, height));
    loop {
        for quality in QUALITIES {
            let bytes = encoded(&picture, quality).map_err(failed)?;
            if bytes.len() < MOST_PREVIEW_BYTES {
                return Ok(bytes);
            }
        }
        // Ends: a picture of a few pixels has a few hundred bytes.
        let (width, height) = (reduced(picture.width), reduced(picture.height));
        picture = picture.resized(width, height);
    }
}

/// Width and height of a preview before it has to be reduced.
fn sides(size: PageSize) -> (usize, usize) {
    let (width, height) = (f64::from(size.width_pixels), f64::from(size.height_pixels));
    let scale = (PREVIEW_DPI / DETECTION_DPI).min(LONGEST_SIDE / width.max(height).max(1.0));
    (pixels(width * scale), pixels(height * scale))
}

fn reduced(side: usize) -> usize {
    pixels((side as f64 * REDUCTION).floor())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to the longest side")]
fn pixels(side: f64) -> usize {
    side.round().clamp(1.0, LONGEST_SIDE) as usize
}

fn encoded(picture: &GreyImage, quality: u8) -> Result<Vec<u8>, EncodingError> {
    let side = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
    let mut bytes = Vec::with_capacity(MOST_PREVIEW_BYTES);
    let encoder = Encoder::new(&mut bytes, quality);
    encoder.encode(&picture.pixels, side(picture.width), side(picture.height), ColorType::Luma)?;
    Ok(bytes)
}

fn failed(error: EncodingError) -> OutputError {
    OutputError::PageImage { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::jpeg_coding::{Samples, decode};
    use super::*;
    use proptest::prelude::*;

    /// A page of a size in pixels at 200 dpi.
    fn page(width: u32, height: u32) -> PageSize {
        let points = |pixels: u32| f64::from(pixels) * 72.0 / DETECTION_DPI;
        PageSize {
            width_points: points(width),
            height_points: points(height),
            width_pixels: width,
            height_pixels: height,
        }
    }

    /// Nothing but noise, which no JPEG makes small.
    fn noise(width: usize, height: usize) -> GreyImage {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        GreyImage { width, height, pixels: (0..width * height).map(|_| next()).collect() }
    }

    fn shown(bytes: &[u8]) -> Samples {
        let shown = decode(bytes).unwrap();
        assert_eq!(shown.channels, 1, "a preview is grey");
        shown
    }

    #[test]
    fn a_page_has_about_110_dots_per_inch() {
        let grey =
            GreyImage { width: 1700, height: 2200, pixels: (0..1700 * 2200).map(|at| (at % 1700 / 7) as u8).collect() };
        let bytes = preview(Some(grey), page(1700, 2200)).unwrap();
        let shown = shown(&bytes);
        assert_eq!((shown.width, shown.height), (935, 1210));
        let row = &shown.bytes[935 * 600..935 * 601];
        assert!(row[0] < 12 && row[467].abs_diff(121) < 12 && row[934] > 230, "{} {} {}", row[0], row[467], row[934]);
    }

    #[test]
    fn a_page_without_pixels_is_white() {
        let bytes = preview(None, page(1100, 1700)).unwrap();
        let shown = shown(&bytes);
        assert_eq!((shown.width, shown.height), (605, 935));
        assert!(shown.bytes.iter().all(|shade| *shade > 250));
    }

    #[test]
    fn noise_becomes_smaller_until_it_fits() {
        let bytes = preview(Some(noise(1700, 2200)), page(1700, 2200)).unwrap();
        assert!(bytes.len() < MOST_PREVIEW_BYTES, "{}", bytes.len());
        let shown = shown(&bytes);
        assert!((300..935).contains(&shown.width), "{}", shown.width);
        let ratio = shown.height as f64 / shown.width as f64;
        assert!((ratio - 2200.0 / 1700.0).abs() < 0.01, "{ratio}");
    }

    /// A page without pixels may claim any size, because nothing of it was decoded.
    #[test]
    fn no_claimed_size_is_too_large_or_too_small() {
        for (width, height) in [(0, 0), (1, 1), (1, u32::MAX), (u32::MAX, 1), (u32::MAX, u32::MAX)] {
            let shown = shown(&preview(None, page(width, height)).unwrap());
            assert!((1..=2000).contains(&shown.width) && (1..=2000).contains(&shown.height), "{width} {height}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_page_fits(width in 1usize..300, height in 1usize..300, scale in 1u32..40) {
            let size = page(width as u32 * scale, height as u32 * scale);
            let bytes = preview(Some(noise(width, height)), size).unwrap();
            prop_assert!(bytes.len() < MOST_PREVIEW_BYTES);
            let shown = shown(&bytes);
            prop_assert!(shown.width.max(shown.height) <= 2000);
        }
    }
}
