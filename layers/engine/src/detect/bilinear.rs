//! Bilinear reduction without antialiasing, bit for bit as OpenCV's `INTER_LINEAR` does it for 8-bit samples.
//!
//! The models were trained on pixels made this way, and a reduction to a third without antialiasing depends on
//! the rounding: with another library's bilinear filter one box in two hundred comes out otherwise.

use super::letterbox::PixelView;

/// OpenCV's weights are fractions of 2^11.
const WEIGHT_ONE: f32 = 2048.0;

/// Where a target sample comes from along one axis: the first source index, the second, and their weights.
#[derive(Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    first_weight: i32,
    second_weight: i32,
}

/// The page reduced to `width` by `height`, channels as they were.
pub(super) fn reduce(page: PixelView<'_>, width: u32, height: u32) -> Vec<u8> {
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
    fn an_even_grey_stays_even() {
        let pixels = vec![77u8; 30 * 40];
        let page = PixelView { width: 30, height: 40, channels: 1, pixels: &pixels };
        assert!(reduce(page, 10, 13).iter().all(|sample| *sample == 77));
    }

    #[test]
    fn halving_averages_the_two_middle_samples() {
        let pixels = [0, 100, 200, 50];
        let page = PixelView { width: 4, height: 1, channels: 1, pixels: &pixels };
        assert_eq!(reduce(page, 2, 1), [50, 125]);
    }
}
