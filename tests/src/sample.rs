//! The sample volume in `tests/sample`: its bytes, its page images, its truth.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a sample that cannot be read should stop the test where it stands"
)]

use lopdf::{Document, Object};
use serde_json::Value;
use std::path::{Path, PathBuf};
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Width of every page, in points.
pub const WIDTH: f32 = 432.0;
/// Height of every page, in points.
pub const HEIGHT: f32 = 684.0;
/// Number of pages.
pub const PAGES: usize = 7;
/// Resolution of the page images.
pub const DOTS_PER_INCH: f32 = 250.0;

/// Where the volume lies.
#[must_use]
pub fn path() -> PathBuf {
    folder().join("arc.12.201.207.original.pdf")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample")
}

/// The volume's bytes.
#[must_use]
pub fn bytes() -> Vec<u8> {
    std::fs::read(path()).expect("the sample volume is in the repository")
}

/// `truth.json`: opinions, objects and lines, in pixels at 200 dpi.
#[must_use]
pub fn truth() -> Value {
    let text = std::fs::read(folder().join("truth.json")).expect("the truth is in the repository");
    serde_json::from_slice(&text).expect("the truth is JSON")
}

/// A line of type.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// `caption`, `matter` (what redaction removes), `body` (what it must keep) or `head`.
    pub role: String,
    /// Left, top, right and bottom of its ink, in points from the page's top left.
    pub points: [f32; 4],
    /// Its words.
    pub text: String,
}

/// The lines of a page, from 0, in reading order.
#[must_use]
pub fn lines(page: usize) -> Vec<Line> {
    let truth = truth();
    let all = truth["lines"].as_array().expect("lines is a list");
    all.iter().filter(|line| line["page_index"] == page).map(line_of).collect()
}

fn line_of(entry: &Value) -> Line {
    let word = |key: &str| entry[key].as_str().expect("a string").to_owned();
    let edge = |index: usize| entry["bbox"][index].as_f64().expect("a number") as f32 * 72.0 / 200.0;
    Line { role: word("role"), points: [edge(0), edge(1), edge(2), edge(3)], text: word("text") }
}

/// The JPEG of each of the first `count` pages, as it lies in the file.
#[must_use]
pub fn jpegs(count: usize) -> Vec<Vec<u8>> {
    jpegs_of(&bytes(), count)
}

/// The image of each of the first `count` pages of another file, as it lies there.
///
/// # Panics
/// When it is no PDF with one image a page.
#[must_use]
pub fn jpegs_of(file: &[u8], count: usize) -> Vec<Vec<u8>> {
    let document = Document::load_mem(file).expect("a PDF");
    document.page_iter().take(count).map(|page| jpeg_of(&document, page)).collect()
}

fn jpeg_of(document: &Document, page: lopdf::ObjectId) -> Vec<u8> {
    let images = document.get_page_images(page).expect("a page has resources");
    let stream = document.get_object(images[0].id).and_then(Object::as_stream).expect("an image is a stream");
    stream.content.clone()
}

/// A grey raster, one byte a pixel, 0 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grey {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Rows from the top.
    pub pixels: Vec<u8>,
}

impl Grey {
    /// A raster of which each pixel is computed from its column and row.
    #[must_use]
    pub fn from_pixels(width: usize, height: usize, pixel: impl Fn(usize, usize) -> u8) -> Self {
        let pixels = (0..width * height).map(|at| pixel(at % width, at / width)).collect();
        Self { width, height, pixels }
    }

    /// The pixel in a column and a row.
    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> u8 {
        self.pixels[y * self.width + x]
    }

    /// Rows `from` to `to` (exclusive).
    #[must_use]
    pub fn rows(&self, from: usize, to: usize) -> Self {
        Self { width: self.width, height: to - from, pixels: self.pixels[from * self.width..to * self.width].to_vec() }
    }
}

/// The first `count` pages as pixels.
#[must_use]
pub fn greys(count: usize) -> Vec<Grey> {
    jpegs(count).iter().map(|jpeg| decoded(jpeg)).collect()
}

/// A grey JPEG as pixels.
///
/// # Panics
/// When the JPEG cannot be decoded.
#[must_use]
pub fn decoded(jpeg: &[u8]) -> Grey {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(std::io::Cursor::new(jpeg), options);
    let pixels = decoder.decode().expect("the JPEG is whole");
    let info = decoder.info().expect("a decoded image has a size");
    Grey { width: usize::from(info.width), height: usize::from(info.height), pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_small_and_its_pages_are_one_image_each() {
        assert!(bytes().len() < 4_000_000);
        let pages = greys(PAGES + 1);
        assert_eq!(pages.len(), PAGES);
        let size = [WIDTH, HEIGHT].map(|points| (points / 72.0 * DOTS_PER_INCH) as usize);
        assert!(pages.iter().all(|page| [page.width, page.height] == size));
    }

    /// Every line of the truth has ink where it says.
    #[test]
    fn the_truth_fits_the_pixels() {
        for (index, page) in greys(PAGES).iter().enumerate() {
            for line in lines(index) {
                assert!(darkest(page, line.points) < 90, "page {index}: {}", line.text);
            }
        }
        let count = |key: &str| truth()[key].as_array().unwrap().len();
        assert_eq!(count("opinions"), 3);
        assert!(count("objects") > 60);
    }

    fn darkest(page: &Grey, points: [f32; 4]) -> u8 {
        let [x0, y0, x1, y1] = points.map(|point| (point / 72.0 * DOTS_PER_INCH) as usize);
        let pixels = (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y)));
        pixels.map(|(x, y)| page.at(x, y)).min().unwrap()
    }
}
