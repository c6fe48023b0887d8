//! Finds the text columns of a page by projecting its ink onto the horizontal axis. See
//! docs/reference-behaviour.md, "Columns".

use crate::geometry::median;
use crate::volume::ColumnBounds;

/// The share of the height at the top and at the bottom that the projection leaves out: running heads and feet.
const VERTICAL_MARGIN: f64 = 0.06;

/// The gutter is searched for within this share of the width on both sides of the middle.
const GUTTER_REACH: f64 = 0.25;

/// Finds the columns of a page in its grey pixels at 200 dpi (rows from the top, `width * height` samples).
/// The result is all zero when the page does not look like two columns.
#[must_use]
pub fn find_columns(width: usize, height: usize, grey: &[u8]) -> ColumnBounds {
    let body = body_rows(width, height, grey);
    if width < 8 || body.len() < width {
        return ColumnBounds::default();
    }
    let profile = smooth(&ink_profile(width, body), smoothing_window(width));
    columns_of_profile(&profile).unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
fn share(length: usize, share: f64) -> usize {
    (length as f64 * share) as usize
}

fn body_rows(width: usize, height: usize, grey: &[u8]) -> &[u8] {
    let (top, bottom) = (share(height, VERTICAL_MARGIN), share(height, 1.0 - VERTICAL_MARGIN));
    grey.get(top * width..bottom * width).unwrap_or_default()
}

/// The number of dark pixels in each column of pixels. The ink is widened a little so that thin strokes count.
fn ink_profile(width: usize, body: &[u8]) -> Vec<f64> {
    let threshold = otsu_threshold(body);
    let reach = share(width, 0.002).max(1);
    let mut counts = vec![0u32; width];
    let mut framed = vec![0u8; width + 2 * reach];
    let mut widened = vec![0u8; width];
    for row in body.chunks_exact(width) {
        for (cell, sample) in framed[reach..].iter_mut().zip(row) {
            *cell = u8::from(*sample <= threshold);
        }
        widened.fill(0);
        for shift in 0..=2 * reach {
            widened.iter_mut().zip(&framed[shift..]).for_each(|(cell, dark)| *cell |= dark);
        }
        counts.iter_mut().zip(&widened).for_each(|(count, dark)| *count += u32::from(*dark));
    }
    counts.into_iter().map(f64::from).collect()
}

/// Otsu's threshold: the grey level that best separates ink from paper. Ink is at or below it.
#[must_use]
pub fn otsu_threshold(grey: &[u8]) -> u8 {
    let mut histogram = [0u64; 256];
    for sample in grey {
        histogram[usize::from(*sample)] += 1;
    }
    let weighted = |(level, count): (usize, &u64)| level as f64 * *count as f64;
    let (total, sum) = (grey.len() as f64, histogram.iter().enumerate().map(weighted).sum::<f64>());
    let (mut below, mut sum_below, mut best) = (0.0, 0.0, (0u8, f64::MIN));
    for (level, count) in histogram.iter().enumerate() {
        below += *count as f64;
        sum_below += weighted((level, count));
        let above = total - below;
        if below > 0.0 && above > 0.0 {
            let difference = sum_below / below - (sum - sum_below) / above;
            let variance = below * above * difference * difference;
            if variance > best.1 {
                best = (u8::try_from(level).unwrap_or(u8::MAX), variance);
            }
        }
    }
    best.0
}

fn smoothing_window(width: usize) -> usize {
    share(width, 0.02).max(5) | 1
}

/// Gaussian smoothing with mirrored ends. Sigma follows OpenCV's rule for a given window.
fn smooth(profile: &[f64], window: usize) -> Vec<f64> {
    let sigma = 0.3 * ((window as f64 - 1.0) * 0.5 - 1.0) + 0.8;
    let half = window / 2;
    let kernel: Vec<f64> =
        (0..window).map(|i| (-((i as f64 - half as f64).powi(2)) / (2.0 * sigma * sigma)).exp()).collect();
    let total: f64 = kernel.iter().sum();
    let mirrored = |x: usize, i: usize| {
        let position = (x + i).abs_diff(half);
        if position < profile.len() { position } else { (2 * profile.len()).saturating_sub(2 + position) }
    };
    (0..profile.len())
        .map(|x| kernel.iter().enumerate().map(|(i, k)| k * profile[mirrored(x, i)]).sum::<f64>() / total)
        .collect()
}

fn columns_of_profile(profile: &[f64]) -> Option<ColumnBounds> {
    let midpoint = gutter_midpoint(profile)?;
    let mean = profile.iter().sum::<f64>() / profile.len() as f64;
    let has_text = |x: &usize| profile[*x] > (0.20 * mean).max(1.0);
    let left = ((0..midpoint).find(has_text)?, (0..midpoint).rev().find(has_text)?);
    let right = ((midpoint..profile.len()).find(has_text)?, (midpoint..profile.len()).rev().find(has_text)?);
    let in_order = left.0 < left.1 && left.1 < midpoint && midpoint < right.0 && right.0 < right.1;
    in_order.then_some(ColumnBounds {
        col_left_x1: left.0 as f64,
        col_left_x2: left.1 as f64,
        col_right_x1: right.0 as f64,
        col_right_x2: right.1 as f64,
        midpoint: midpoint as f64,
    })
}

/// The middle of the valley between the columns.
fn gutter_midpoint(profile: &[f64]) -> Option<usize> {
    let (middle, reach) = (profile.len() / 2, share(profile.len(), GUTTER_REACH));
    let window = middle.saturating_sub(reach)..(middle + reach).min(profile.len());
    // The first of equal minima, as in the reference (argmin).
    let valley = window.min_by(|a, b| profile[*a].total_cmp(&profile[*b]))?;
    let floor = (0.15 * median(profile.to_vec())).max(1.0);
    let (mut left, mut right) = (valley, valley);
    while left > 0 && profile[left - 1] <= floor {
        left -= 1;
    }
    while right + 1 < profile.len() && profile[right + 1] <= floor {
        right += 1;
    }
    Some(usize::midpoint(left, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(columns: &[(usize, usize)]) -> Vec<u8> {
        let mut grey = vec![250u8; 400 * 600];
        for (y, row) in grey.chunks_exact_mut(400).enumerate() {
            if y % 3 == 0 {
                columns.iter().for_each(|(x0, x1)| row[*x0..*x1].fill(20));
            }
        }
        grey
    }

    #[test]
    fn two_columns_are_found_with_their_gutter() {
        let found = find_columns(400, 600, &page(&[(30, 190), (210, 370)]));
        assert!((found.midpoint - 200.0).abs() <= 2.0, "{found:?}");
        assert!((found.col_left_x1 - 30.0).abs() <= 6.0 && (found.col_right_x2 - 370.0).abs() <= 6.0, "{found:?}");
    }

    #[test]
    fn an_empty_page_has_no_columns() {
        assert_eq!(find_columns(400, 600, &page(&[])), ColumnBounds::default());
        assert_eq!(find_columns(0, 0, &[]), ColumnBounds::default());
    }
}
