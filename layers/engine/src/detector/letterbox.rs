//! From page pixels to the input of a model, and from its boxes back to page pixels (docs/reference-behaviour.md,
//! "Letterbox and suppression").

use crate::geometry::Rect;

/// Grey of the padding, as in training.
const PADDING: f32 = 114.0 / 255.0;

/// Pixels of a page at 200 dpi, rows from the top: one channel (grey) or three (RGB), interleaved.
#[derive(Debug, Clone, Copy)]
pub struct PixelView<'a> {
    pub width: u32,
    pub height: u32,
    pub channels: usize,
    pub pixels: &'a [u8],
}

/// How a page is fitted into the input of a model.
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
    /// Fits a page into `image_size`, padded to the next multiple of `stride` in each axis.
    pub(super) fn new(page_width: u32, page_height: u32, image_size: u32, stride: u32) -> Self {
        let ratio = f64::from(image_size) / f64::from(page_width.max(page_height).max(1));
        let scaled_width = scaled(page_width, ratio);
        let scaled_height = scaled(page_height, ratio);
        let (left, input_width) = padded(scaled_width, stride);
        let (top, input_height) = padded(scaled_height, stride);
        Self { page_width, page_height, scaled_width, scaled_height, input_width, input_height, left, top }
    }

    /// The input of the model: channels first, 0 to 1.
    pub(super) fn input(&self, page: PixelView<'_>) -> Vec<f32> {
        let small = reduced(page, self.scaled_width, self.scaled_height);
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

    /// Converts a box from input pixels to page pixels and clips it to the page. Each axis has its own gain, as in
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

/// The padding before the page and the padded length. The padding is split evenly; an odd pixel goes after the page.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the stride")]
fn padded(scaled_side: u32, stride: u32) -> (u32, u32) {
    let missing = scaled_side.next_multiple_of(stride) - scaled_side;
    let before = (f64::from(missing) / 2.0 - 0.1).round_ties_even().max(0.0) as u32;
    (before, scaled_side + missing)
}

/// OpenCV expresses weights as fractions of 2^11.
const WEIGHT_ONE: f32 = 2048.0;

/// The two source samples of a target sample along one axis, and their weights.
#[derive(Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    first_weight: i32,
    second_weight: i32,
}

/// Reduces the page bilinearly without antialiasing, bit for bit as OpenCV's `INTER_LINEAR` does it for 8-bit samples.
///
/// The models were trained on pixels made this way. A reduction to a third without antialiasing depends on the rounding:
/// with another library's bilinear filter, one box in two hundred differs.
fn reduced(page: PixelView<'_>, width: u32, height: u32) -> Vec<u8> {
    let columns = taps(page.width, width);
    let stride = page.width as usize * page.channels;
    let row = |index: usize| {
        let start = index * stride;
        blend_row(&page.pixels[start..start + stride], &columns, page.channels)
    };
    let mut reduced = Vec::with_capacity(width as usize * height as usize * page.channels);
    for tap in taps(page.height, height) {
        let (first, second) = (row(tap.first), row(tap.second));
        reduced.extend(first.iter().zip(&second).map(|(a, b)| blend(*a, *b, tap)));
    }
    reduced
}

fn blend_row(row: &[u8], columns: &[Tap], channels: usize) -> Vec<i32> {
    let sample = |index: usize, channel: usize| i32::from(row[index * channels + channel]);
    let blended = |tap: &Tap, channel| {
        sample(tap.first, channel) * tap.first_weight + sample(tap.second, channel) * tap.second_weight
    };
    if channels == 1 {
        return columns.iter().map(|tap| blended(tap, 0)).collect();
    }
    columns.iter().flat_map(|tap| (0..channels).map(move |channel| blended(tap, channel))).collect()
}

fn blend(first: i32, second: i32, tap: Tap) -> u8 {
    let weighted = |sample: i32, weight: i32| (weight * (sample >> 4)) >> 16;
    let sum = weighted(first, tap.first_weight) + weighted(second, tap.second_weight);
    u8::try_from(((sum + 2) >> 2).clamp(0, 255)).unwrap_or(u8::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the axis before the cast")]
fn taps(source: u32, target: u32) -> Vec<Tap> {
    let scale = f64::from(source) / f64::from(target);
    let last = source.saturating_sub(1) as usize;
    (0..target)
        .map(|index| {
            let position = ((f64::from(index) + 0.5) * scale - 0.5) as f32;
            let inside = position.floor() >= 0.0 && position.floor() < last as f32;
            let first = position.floor().clamp(0.0, last as f32);
            let fraction = if inside { position - first } else { 0.0 };
            Tap {
                first: first as usize,
                second: (first as usize + 1).min(last),
                first_weight: ((1.0 - fraction) * WEIGHT_ONE).round_ties_even() as i32,
                second_weight: (fraction * WEIGHT_ONE).round_ties_even() as i32,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_of_a_sample_page_has_the_reference_size() {
        let small = Letterbox::new(1207, 1938, 640, 32);
        assert_eq!((small.input_width, small.input_height), (416, 640));
        let medium = Letterbox::new(1207, 1938, 1024, 32);
        assert_eq!((medium.input_width, medium.input_height), (640, 1024));
    }

    #[test]
    fn a_box_comes_back_to_where_it_was() {
        let fit = Letterbox::new(1207, 1938, 640, 32);
        let whole = Rect::new(f64::from(fit.left), f64::from(fit.top), f64::from(fit.left + fit.scaled_width), 640.0);
        assert_eq!(fit.to_page(whole), Rect::new(0.0, 0.0, 1207.0, 1938.0));
    }

    #[test]
    fn padding_is_grey_and_the_page_is_not() {
        let pixels = vec![255u8; 100 * 300];
        let fit = Letterbox::new(100, 300, 640, 32);
        let input = fit.input(PixelView { width: 100, height: 300, channels: 1, pixels: &pixels });
        assert_eq!(input.len(), 3 * (fit.input_width * fit.input_height) as usize);
        assert!((input[0] - PADDING).abs() < f32::EPSILON);
        assert!((input[fit.input_width as usize / 2] - 1.0).abs() < f32::EPSILON);
    }

    #[test]
    fn an_even_grey_stays_even() {
        let pixels = vec![77u8; 30 * 40];
        let page = PixelView { width: 30, height: 40, channels: 1, pixels: &pixels };
        assert!(reduced(page, 10, 13).iter().all(|sample| *sample == 77));
    }

    #[test]
    fn halving_averages_the_two_middle_samples() {
        let pixels = [0, 100, 200, 50];
        let page = PixelView { width: 4, height: 1, channels: 1, pixels: &pixels };
        assert_eq!(reduced(page, 2, 1), [50, 125]);
    }
}
