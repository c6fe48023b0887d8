//! Page images that are turned, cropped or cut in pieces.

use super::PAGES;
use super::encodings::grey_jpeg;
use crate::assembly::{Assembly, Sheet, rectangle};
use crate::sample::{self, DOTS_PER_INCH, Grey, HEIGHT, WIDTH};

/// How far a page is turned for display, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// `/Rotate 90`.
    Quarter,
    /// `/Rotate 180`.
    Half,
    /// `/Rotate 270`.
    ThreeQuarters,
}

/// Pages stored turned, which `/Rotate` puts upright.
#[must_use]
pub fn rotated(turn: Turn) -> Vec<u8> {
    let sheet = |page: &Grey| {
        let stored = turned_back(page, turn);
        let lies = stored.width > stored.height;
        let (width, height) = if lies { (HEIGHT, WIDTH) } else { (WIDTH, HEIGHT) };
        let mut sheet = Sheet::new(width, height);
        sheet.images.push((grey_jpeg(&stored), [width, 0.0, 0.0, height, 0.0, 0.0]));
        sheet.entries.set("Rotate", degrees(turn));
        sheet
    };
    Assembly::of(sample::greys(PAGES).iter().map(sheet)).bytes()
}

const fn degrees(turn: Turn) -> i64 {
    match turn {
        Turn::Quarter => 90,
        Turn::Half => 180,
        Turn::ThreeQuarters => 270,
    }
}

/// The page as it must be stored to be upright after the turn.
fn turned_back(page: &Grey, turn: Turn) -> Grey {
    let (last_x, last_y) = (page.width - 1, page.height - 1);
    match turn {
        Turn::Quarter => Grey::from_pixels(page.height, page.width, |x, y| page.at(last_x - y, x)),
        Turn::Half => Grey::from_pixels(page.width, page.height, |x, y| page.at(last_x - x, last_y - y)),
        Turn::ThreeQuarters => Grey::from_pixels(page.height, page.width, |x, y| page.at(y, last_y - x)),
    }
}

/// The scanner's black bed around each page, in the image and in the `/MediaBox`, which starts left of and below zero;
/// the `/CropBox` shows the page alone.
#[must_use]
pub fn cropped() -> Vec<u8> {
    const BED: usize = 150;
    let margin = BED as f32 * 72.0 / DOTS_PER_INCH;
    let (width, height) = (WIDTH + 2.0 * margin, HEIGHT + 2.0 * margin);
    let sheet = |page: &Grey| {
        let bedded = Grey::from_pixels(page.width + 2 * BED, page.height + 2 * BED, |x, y| {
            let inside = (BED..BED + page.width).contains(&x) && (BED..BED + page.height).contains(&y);
            if inside { page.at(x - BED, y - BED) } else { 12 }
        });
        let mut sheet = Sheet::new(WIDTH, HEIGHT);
        sheet.entries.set("MediaBox", rectangle(-margin, -margin, WIDTH + margin, HEIGHT + margin));
        sheet.entries.set("CropBox", rectangle(0.0, 0.0, WIDTH, HEIGHT));
        sheet.images.push((grey_jpeg(&bedded), [width, 0.0, 0.0, height, -margin, -margin]));
        sheet
    };
    Assembly::of(sample::greys(PAGES).iter().map(sheet)).bytes()
}

/// Each page cut into so many horizontal strips, every strip an image of its own.
///
/// # Panics
/// When `count` is 0 or more than the rows of a page.
#[must_use]
pub fn strips(count: usize) -> Vec<u8> {
    let sheet = |page: &Grey| {
        let mut sheet = Sheet::new(WIDTH, HEIGHT);
        let rows = page.height.div_ceil(count);
        for top in (0..page.height).step_by(rows) {
            let strip = page.rows(top, (top + rows).min(page.height));
            let points = HEIGHT / page.height as f32;
            let (height, below) = (strip.height as f32 * points, (page.height - top - strip.height) as f32 * points);
            sheet.images.push((grey_jpeg(&strip), [WIDTH, 0.0, 0.0, height, 0.0, below]));
        }
        sheet
    };
    Assembly::of(sample::greys(PAGES).iter().map(sheet)).bytes()
}
