//! From page pixels to the model's input, and back from its boxes to page pixels
//! (specification, section 2).

use super::bilinear;
use crate::geometry::Rect;

/// The networks halve their input five times: both sides are multiples of this.
const STRIDE: u32 = 32;

/// Grey of the padding, as in training.
const PADDING: f32 = 114.0 / 255.0;

/// Pixels of a page at 200 dpi, rows from the top: one channel (grey) or three (RGB), interleaved.
#[derive(Debug, Clone, Copy)]
pub struct PixelView<'a> {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// 1 or 3.
    pub channels: usize,
    /// `width * height * channels` samples.
    pub pixels: &'a [u8],
}

/// How a page was fitted into the model's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Letterbox {
    page_width: u32,
    page_height: u32,
    scaled_width: u32,
    scaled_height: u32,
    pub(super) input_width: u32,
    pub(super) input_height: u32,
    left: u32,
    top: u32,
}

impl Letterbox {
    /// Fits a page into `image_size`, padded to the next multiple of 32 in each axis.
    pub(super) fn new(page_width: u32, page_height: u32, image_size: u32) -> Self {
        let ratio = f64::from(image_size) / f64::from(page_width.max(page_height).max(1));
        let scaled_width = scaled(page_width, ratio);
        let scaled_height = scaled(page_height, ratio);
        let (left, input_width) = padded(scaled_width, image_size);
        let (top, input_height) = padded(scaled_height, image_size);
        Self { page_width, page_height, scaled_width, scaled_height, input_width, input_height, left, top }
    }

    /// The model's input, channels first, 0 to 1.
    pub(super) fn input(&self, page: PixelView<'_>) -> Vec<f32> {
        let small = bilinear::reduce(page, self.scaled_width, self.scaled_height);
        let plane = self.input_width as usize * self.input_height as usize;
        let mut input = vec![PADDING; 3 * plane];
        for (channel, target) in input.chunks_exact_mut(plane).enumerate() {
            self.fill_plane(target, &small, channel.min(page.channels - 1), page.channels);
        }
        input
    }

    fn fill_plane(&self, target: &mut [f32], small: &[u8], channel: usize, channels: usize) {
        let row_samples = self.scaled_width as usize * channels;
        let rows = target.chunks_exact_mut(self.input_width as usize).skip(self.top as usize);
        for (row, source) in rows.zip(small.chunks_exact(row_samples)) {
            let cells = row.iter_mut().skip(self.left as usize);
            for (cell, sample) in cells.zip(source.iter().skip(channel).step_by(channels)) {
                *cell = f32::from(*sample) / 255.0;
            }
        }
    }

    /// A box of the model's input in page pixels, clipped to the page. Each axis has its own gain, as in
    /// recent releases of the reference's detector.
    pub(super) fn to_page(self, rect: Rect) -> Rect {
        let gain_x = f64::from(self.scaled_width) / f64::from(self.page_width);
        let gain_y = f64::from(self.scaled_height) / f64::from(self.page_height);
        let (width, height) = (f64::from(self.page_width), f64::from(self.page_height));
        let (left, top) = (f64::from(self.left), f64::from(self.top));
        Rect::new(
            ((rect.x0 - left) / gain_x).clamp(0.0, width),
            ((rect.y0 - top) / gain_y).clamp(0.0, height),
            ((rect.x1 - left) / gain_x).clamp(0.0, width),
            ((rect.y1 - top) / gain_y).clamp(0.0, height),
        )
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both are at most the image size")]
fn scaled(side: u32, ratio: f64) -> u32 {
    (f64::from(side) * ratio).round_ties_even().max(1.0) as u32
}

/// Padding before, and the padded length: split evenly, the odd pixel after.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the stride")]
fn padded(scaled_side: u32, image_size: u32) -> (u32, u32) {
    let missing = image_size.saturating_sub(scaled_side) % STRIDE;
    let before = (f64::from(missing) / 2.0 - 0.1).round_ties_even().max(0.0) as u32;
    (before, scaled_side + missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_of_a_sample_page_has_the_reference_size() {
        let small = Letterbox::new(1207, 1938, 640);
        assert_eq!((small.input_width, small.input_height), (416, 640));
        let medium = Letterbox::new(1207, 1938, 1024);
        assert_eq!((medium.input_width, medium.input_height), (640, 1024));
    }

    #[test]
    fn a_box_comes_back_to_where_it_was() {
        let fit = Letterbox::new(1207, 1938, 640);
        let whole = Rect::new(f64::from(fit.left), f64::from(fit.top), f64::from(fit.left + fit.scaled_width), 640.0);
        assert_eq!(fit.to_page(whole), Rect::new(0.0, 0.0, 1207.0, 1938.0));
    }

    #[test]
    fn padding_is_grey_and_the_page_is_not() {
        let pixels = vec![255u8; 100 * 300];
        let fit = Letterbox::new(100, 300, 640);
        let input = fit.input(PixelView { width: 100, height: 300, channels: 1, pixels: &pixels });
        assert_eq!(input.len(), 3 * (fit.input_width * fit.input_height) as usize);
        assert!((input[0] - PADDING).abs() < f32::EPSILON);
        assert!((input[fit.input_width as usize / 2] - 1.0).abs() < f32::EPSILON);
    }
}
