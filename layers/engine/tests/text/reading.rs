//! Measures how well Quire's own reader reads pages, and checks which pages it leaves to Tesseract.

use crate::ink::Gap;
use crate::shared_data::shared;
use crate::support::{DPI, TEXT, boxes, distance, drawn, extracted, read_jpeg, rects, searchable, sheet, squeezed};
use engine::cancellation::Cancellation;
use engine::external::tesseract::Tesseract;
use engine::geometry::Rect;
use engine::installation::Installation;
use engine::pixels::GreyImage;
use engine::reading::{Reader, Reading, Regions};
use engine::text::Line;
use std::fs;

fn english() -> Reader {
    let installation = Installation::of_user().unwrap();
    let reader = Reader::load(&installation, "eng", 1).unwrap();
    reader.unwrap_or_else(|| panic!("{} has no eng.onnx; run cargo xtask setup", installation.languages().display()))
}

/// Reads a page as the engine does.
fn read(reader: &Reader, image: &GreyImage, regions: &Regions) -> Reading {
    reader.read(&image.clone().flattened(), regions).unwrap()
}

fn certain(image: &GreyImage) -> Vec<Line> {
    match read(&english(), image, &Regions::default()) {
        Reading::Certain(lines) => lines,
        Reading::Doubtful => panic!("the page is doubtful"),
    }
}

#[test]
fn a_drawn_page_is_read_as_tesseract_reads_it_and_found_again_at_its_ink() {
    let image = drawn(&TEXT);
    let lines = certain(&image);
    let tesseract = Tesseract::new("eng", Cancellation::new()).recognise(&image, DPI).unwrap();
    let text = |lines: &[Line]| lines.iter().map(Line::text).collect::<Vec<String>>();
    assert_eq!(text(&lines), text(&tesseract));
    let pdf = searchable(&[sheet(&lines, &image)]);
    assert_eq!(extracted(&pdf)[0], TEXT.join(" ").replace('\\', ""));
    let mut gap = Gap::default();
    gap.add(&image, rects(&boxes(&pdf)[0]), DPI);
    eprintln!("{gap:?}");
    assert!(gap.worst() <= 1.0, "{gap:?}");
}

#[test]
fn truth_pages_are_read_with_two_errors_in_a_thousand_at_most() {
    let Some(directory) = shared("data/ocr-truth") else {
        return;
    };
    let (mut errors, mut letters, mut gap) = (0, 0, Gap::default());
    for page in 0..5 {
        let image = read_jpeg(&fs::read(directory.join(format!("p{page:02}_g300.jpg"))).unwrap());
        let truth = squeezed(&fs::read_to_string(directory.join(format!("p{page:02}.txt"))).unwrap());
        let lines = certain(&image);
        let pdf = searchable(&[sheet(&lines, &image)]);
        let text = extracted(&pdf).remove(0);
        errors += distance(&truth, &text);
        letters += truth.chars().count();
        gap.add(&image, rects(&boxes(&pdf)[0]), DPI);
    }
    eprintln!("{errors} errors in {letters} letters; {gap:?}; worst {:.3} pt", gap.worst());
    assert!(1000 * errors <= 2 * letters, "{errors} errors in {letters} letters");
    assert!(gap.worst() <= 1.0, "{gap:?}");
}

#[test]
fn a_page_of_two_columns_is_read_column_after_column() {
    let Some(image) = sample_page(1) else {
        return;
    };
    let lines = certain(&image);
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
    assert!(gap.worst() <= 1.0, "{gap:?}");
}

/// The image of a page of the sample, counted from 0.
fn sample_page(number: usize) -> Option<GreyImage> {
    let file = shared("data/sample20/a3d.217.101.120.original.pdf")?;
    let document = lopdf::Document::load(file).unwrap();
    let page = document.page_iter().nth(number).unwrap();
    let images = document.get_page_images(page).unwrap();
    Some(read_jpeg(images[0].content))
}

/// A part of a page painted over, in shares of its width and height.
fn painted(image: &GreyImage, part: Rect, shade: impl Fn(usize, usize) -> u8) -> GreyImage {
    let mut painted = image.clone();
    let pixels = |share: f64, length: usize| (share * length as f64) as usize;
    for y in pixels(part.y0, image.height)..pixels(part.y1, image.height) {
        for x in pixels(part.x0, image.width)..pixels(part.x1, image.width) {
            painted.pixels[y * image.width + x] = shade(x, y);
        }
    }
    painted
}

/// The image turned by a quarter.
fn turned(image: &GreyImage) -> GreyImage {
    let pixels = (0..image.width).flat_map(|x| (0..image.height).rev().map(move |y| y * image.width + x));
    GreyImage { width: image.height, height: image.width, pixels: pixels.map(|at| image.pixels[at]).collect() }
}

/// A shade that looks random.
fn noise(x: usize, y: usize) -> u8 {
    let mixed = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d);
    (mixed >> 24) as u8
}

#[test]
fn pages_that_are_not_lines_of_type_are_left_to_tesseract() {
    let page = drawn(&TEXT);
    let reader = english();
    let doubtful = |name: &str, image: &GreyImage| {
        assert_eq!(read(&reader, image, &Regions::default()), Reading::Doubtful, "{name}");
    };
    let inverted = |at: &u8| 255 - at;
    doubtful("noise", &painted(&page, Rect::new(0.0, 0.0, 1.0, 1.0), noise));
    doubtful("a page that lies on its side", &turned(&page));
    doubtful("white type on black", &GreyImage { pixels: page.pixels.iter().map(inverted).collect(), ..page.clone() });
    let picture = Rect::new(0.2, 0.6, 0.8, 0.95);
    let pictured = painted(&page, picture, |x, y| if (x / 40 + y / 40) % 2 == 0 { 20 } else { 60 });
    doubtful("a picture that nobody knows of", &pictured);
}

#[test]
fn a_known_picture_is_not_read() {
    let page = drawn(&TEXT);
    let picture = Rect::new(0.2, 0.6, 0.8, 0.95);
    let pictured = painted(&page, picture, |x, y| if (x / 40 + y / 40) % 2 == 0 { 20 } else { 60 });
    let rect = picture.scaled(pictured.width as f64, pictured.height as f64).grown(4.0);
    let regions = Regions { pictures: vec![rect], ..Regions::default() };
    let Reading::Certain(lines) = read(&english(), &pictured, &regions) else { panic!("the page is doubtful") };
    let text: Vec<String> = lines.iter().map(Line::text).collect();
    assert_eq!(text, TEXT.map(|line| line.replace('\\', "")));
}

#[test]
fn page_numbers_are_read_and_nothing_else_is() {
    let reader = english();
    let number = |text: &str| {
        let image = drawn(&[text]);
        let bitonal = image.pixels.iter().map(|pixel| if *pixel < 128 { 0 } else { 255 }).collect();
        reader.read_number(&GreyImage { pixels: bitonal, ..image }).unwrap()
    };
    for text in ["1291", "86", "407-408", "7"] {
        assert_eq!(number(text), text);
    }
    assert_eq!(number(""), "");
    let letters = number("Superior Court");
    assert!(letters.is_empty(), "{letters}");
    assert_eq!(reader.read_number(&GreyImage::filled(0, 0, 0)).unwrap(), "");
}

#[test]
fn a_blank_page_has_no_lines() {
    let blank = GreyImage::filled(1800, 2400, 240);
    assert_eq!(read(&english(), &blank, &Regions::default()), Reading::Certain(Vec::new()));
}

#[test]
fn a_language_without_a_network_has_no_reader() {
    let installation = Installation::of_user().unwrap();
    for language in ["tlh", "eng+deu", "../models/small"] {
        assert!(Reader::load(&installation, language, 1).unwrap().is_none(), "{language}");
    }
}

#[test]
fn a_network_that_is_none_is_named() {
    let home = tempfile::tempdir().unwrap();
    let installed = Installation::of_user().unwrap();
    fs::create_dir_all(home.path().join("lib")).unwrap();
    fs::create_dir_all(home.path().join("languages")).unwrap();
    let broken = Installation::new(home.path());
    std::os::unix::fs::symlink(installed.onnx_runtime(), broken.onnx_runtime()).unwrap();
    let cases = [b"no network".to_vec(), fs::read(installed.model("small")).unwrap()];
    for network in cases {
        fs::write(broken.languages().join("eng.onnx"), network).unwrap();
        let error = Reader::load(&broken, "eng", 1).err().unwrap();
        assert_eq!(error.code().as_str(), "reading.network_unusable", "{error}");
    }
}
