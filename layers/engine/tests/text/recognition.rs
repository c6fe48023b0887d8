//! Measures how well pages are read, from Tesseract to the text layer, the PDF and `pdftotext`.

use crate::ink::Gap;
use crate::shared_data::shared;
use crate::support::{DPI, TEXT, boxes, distance, drawn, extracted, read_jpeg, rects, searchable, sheet, squeezed};
use engine::cancellation::Cancellation;
use engine::external::tesseract::Tesseract;
use engine::geometry::Rect;
use engine::pixels::GreyImage;
use std::fs;

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
    let pdf = searchable(&[sheet(&lines, &image)]);
    assert_eq!(extracted(&pdf)[0], TEXT.join(" ").replace('\\', ""));
    let mut gap = Gap::default();
    gap.add(&image, rects(&boxes(&pdf)[0]), DPI);
    eprintln!("{gap:?}");
    assert!(gap.worst() <= 1.0, "{gap:?}");
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
    let Some(directory) = shared("data/ocr-truth") else {
        return;
    };
    let (mut errors, mut letters, mut gap) = (0, 0, Gap::default());
    for page in 0..5 {
        let image = read_jpeg(&fs::read(directory.join(format!("p{page:02}_g300.jpg"))).unwrap());
        let truth = squeezed(&fs::read_to_string(directory.join(format!("p{page:02}.txt"))).unwrap());
        let lines = english().recognise(&image, DPI).unwrap();
        let pdf = searchable(&[sheet(&lines, &image)]);
        errors += distance(&truth, &extracted(&pdf)[0]);
        letters += truth.chars().count();
        gap.add(&image, rects(&boxes(&pdf)[0]), DPI);
    }
    eprintln!("{errors} errors in {letters} letters; {gap:?}; worst {:.3} pt", gap.worst());
    assert!(1000 * errors <= 3 * letters, "{errors} errors in {letters} letters");
    assert!(gap.worst() <= 1.0, "{gap:?}");
}

#[test]
fn a_page_of_two_columns_is_read_column_after_column() {
    let Some(file) = shared("data/sample20/a3d.217.101.120.original.pdf") else {
        return;
    };
    let document = lopdf::Document::load(file).unwrap();
    let page = document.get_pages()[&2];
    let images = document.get_page_images(page).unwrap();
    let image = read_jpeg(images[0].content);
    let lines = english().recognise(&image, DPI).unwrap();
    let pdf = searchable(&[sheet(&lines, &image)]);
    let text = extracted(&pdf).remove(0);
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words:?} in {text}"));
    let order = [
        place("of claim was timely filed notwithstanding"),
        place("Here, the appellant concluded that the"),
        place("fact remained. Counsel for the appellee declined to consider"),
        place("Moreover, counsel for the appellee found"),
        place("that the easement was appurtenant to the land because"),
        place("officer held that the easement was appurtenant"),
        place("I. BACKGROUND"),
        place("appellant properly recognized that the easement was appurtenant"),
        place("was appurtenant to the land under the totality of the circumstances."),
    ];
    assert!(order.is_sorted(), "{order:?} in {text}");
    let mut gap = Gap::default();
    gap.add(&image, rects(&boxes(&pdf)[0]), DPI);
    eprintln!("{gap:?}; worst {:.3} pt", gap.worst());
    assert!(gap.worst() <= 1.0, "{gap:?}");
}
