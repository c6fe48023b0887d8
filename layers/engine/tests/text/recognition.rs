//! Measures how well pages are read, from Tesseract to the text layer, the PDF and `pdftotext`.

use crate::support::{DPI, TEXT, check_columns, check_drawn_page, check_truth_pages, drawn};
use engine::cancellation::Cancellation;
use engine::external::tesseract::Tesseract;
use engine::geometry::Rect;
use engine::pixels::GreyImage;

fn english() -> Tesseract {
    Tesseract::new("eng", Cancellation::new())
}

/// A part of an image.
fn crop(image: &GreyImage, rect: &Rect) -> GreyImage {
    let (x0, x1) = (rect.x0 as usize, rect.x1 as usize);
    let rows = image.pixels.chunks(image.width).take(rect.y1 as usize).skip(rect.y0 as usize);
    let pixels: Vec<u8> = rows.flat_map(|row| row[x0..x1].to_vec()).collect();
    GreyImage { width: x1 - x0, height: rect.height() as usize, pixels }
}

#[test]
fn a_drawn_page_is_read_and_found_again_at_its_ink() {
    let image = drawn(&TEXT);
    let lines = english().recognise(&image, DPI).unwrap();
    assert_eq!(lines.len(), TEXT.len());
    check_drawn_page(&image, &lines);
}

#[test]
fn page_numbers_are_read_in_one_go() {
    let image = drawn(&["1291", "", "407-408", "", "86"]);
    let lines = english().recognise(&image, DPI).unwrap();
    let mut crops: Vec<GreyImage> = lines.iter().map(|line| crop(&image, &line.rect.grown(20.0))).collect();
    assert_eq!(crops.len(), 3);
    crops.insert(1, GreyImage::filled(100, 60, 255));
    crops.push(GreyImage::filled(0, 0, 0));
    for mode in [7, 8] {
        let texts = english().recognise_page_numbers(&crops, mode).unwrap();
        assert_eq!(texts, ["1291", "", "407-408", "86", ""], "mode {mode}");
    }
}

#[test]
fn truth_pages_are_read_with_three_errors_in_a_thousand_at_most() {
    check_truth_pages(3, |image| english().recognise(image, DPI).unwrap());
}

#[test]
fn a_page_of_two_columns_is_read_column_after_column() {
    check_columns(|image| english().recognise(image, DPI).unwrap());
}
