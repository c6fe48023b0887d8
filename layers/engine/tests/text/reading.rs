//! Measures how well Quire's own reader reads pages, and checks which pages it leaves to Tesseract.

use crate::support::{DPI, TEXT, check_columns, check_drawn_page, check_truth_pages, drawn};
use domain::{ModelChoice, PageReader};
use engine::cancellation::Cancellation;
use engine::external::qpdf::{Part, join};
use engine::external::tesseract::Tesseract;
use engine::geometry::Rect;
use engine::installation::Installation;
use engine::pixels::GreyImage;
use engine::process::process;
use engine::reading::{Reader, Reading, Regions};
use engine::report::NoProgress;
use engine::settings::{Request, Settings};
use engine::text::Line;
use jpeg_encoder::{ColorType, Encoder};
use lopdf::{Document, Object, ObjectId, Stream, dictionary};
use std::fs;
use std::path::Path;

fn english() -> Reader {
    let installation = Installation::of_user().unwrap();
    let reader = Reader::load(&installation, "eng").unwrap();
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
    check_drawn_page(&image, &lines);
}

#[test]
fn truth_pages_are_read_with_two_errors_in_a_thousand_at_most() {
    check_truth_pages(2, certain);
}

#[test]
fn a_page_of_two_columns_is_read_column_after_column() {
    check_columns(certain);
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
        assert!(Reader::load(&installation, language).unwrap().is_none(), "{language}");
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
        let error = Reader::load(&broken, "eng").err().unwrap();
        assert_eq!(error.code().as_str(), "reading.network_unusable", "{error}");
    }
}

/// A volume whose pages are these images.
fn volume(pages: &[GreyImage]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let kids: Vec<Object> = pages.iter().map(|image| scanned_page(&mut document, tree, image).into()).collect();
    let count = i64::try_from(kids.len()).unwrap();
    document.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    let mut file = Vec::new();
    document.save_to(&mut file).unwrap();
    file
}

fn scanned_page(document: &mut Document, tree: ObjectId, image: &GreyImage) -> ObjectId {
    let (width, height) = (u16::try_from(image.width).unwrap(), u16::try_from(image.height).unwrap());
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90).encode(&image.pixels, width, height, ColorType::Luma).unwrap();
    let properties = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => i64::from(width), "Height" => i64::from(height),
        "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8, "Filter" => "DCTDecode",
    };
    let picture = document.add_object(Stream::new(properties, jpeg));
    let (width, height) = (f64::from(width) * 72.0 / DPI, f64::from(height) * 72.0 / DPI);
    let content = format!("q {width} 0 0 {height} 0 0 cm /I Do Q");
    let content = document.add_object(Stream::new(dictionary! {}, content.into_bytes()));
    let box_of_page: Vec<Object> = vec![0.into(), 0.into(), width.into(), height.into()];
    document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "MediaBox" => box_of_page, "Contents" => content,
        "Resources" => dictionary! { "XObject" => dictionary! { "I" => picture } },
    })
}

/// How many pages of the sample are before the pages of the test.
const REPORT_PAGES: usize = 2;

/// Processes a volume that begins with pages of a law report. Returns how many pages fell back, and what read each page.
fn readers(pages: &[GreyImage], reader: PageReader) -> (usize, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let (input, drawn) = (directory.path().join("arc.12.201.205.pdf"), directory.path().join("drawn.pdf"));
    fs::write(&drawn, volume(pages)).unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sample/arc.12.201.207.original.pdf");
    let parts = [Part { document: sample, pages: 0..REPORT_PAGES }, Part { document: drawn, pages: 0..pages.len() }];
    join(&parts, &input, &Cancellation::new()).unwrap();
    let settings = Settings { model: ModelChoice::Small, reader, ..Settings::new(Installation::of_user().unwrap()) };
    let output = directory.path().join("out");
    let request = Request::new(input, output, settings);
    let summary = process(&request, &NoProgress, &Cancellation::new()).unwrap();
    let meta = fs::read(summary.directory.join("pages_meta.json")).unwrap();
    let meta: serde_json::Value = serde_json::from_slice(&meta).unwrap();
    let read_by =
        (0..REPORT_PAGES + pages.len()).map(|page| meta[page.to_string()]["read_by"].as_str().unwrap().to_owned());
    (summary.fallback_pages, read_by.collect())
}

#[test]
fn the_results_say_what_read_each_page() {
    let unknown = drawn(&TEXT);
    let blank = GreyImage::filled(unknown.width, unknown.height, 240);
    let pages = [unknown.clone(), turned(&unknown), blank];
    let text = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    let by_quire = text(&["quire", "quire", "tesseract", "tesseract", "quire"]);
    assert_eq!(readers(&pages, PageReader::Quire), (2, by_quire));
    assert_eq!(readers(&pages, PageReader::Tesseract), (0, text(&["tesseract"; 5])));
}
