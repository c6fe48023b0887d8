//! The bytes of the fragment and its fonts. The crate's integration tests check what extractors read from them.

use super::*;
use crate::geometry::Rect;
use crate::text::{Baseline, Word};
use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, dictionary};

fn word(text: &str, x0: f64, y0: f64, x1: f64, y1: f64) -> Word {
    Word { text: text.into(), rect: Rect::new(x0, y0, x1, y1), confidence: 1.0 }
}

/// A line of type that is 40 pixels high and has its baseline at 100.
fn line(words: Vec<Word>, slope: f64) -> Line {
    let rect = words.iter().map(|word| word.rect).reduce(|all, rect| all.union(&rect)).unwrap_or_default();
    Line { words, rect, baseline: Baseline { offset: 100.0, slope }, size: 40.0 }
}

fn page() -> PageGeometry {
    PageGeometry::new(72.0, 144.0, 300, 600)
}

fn text(lines: &[Line], page: PageGeometry) -> String {
    String::from_utf8(content(lines, page)).unwrap()
}

#[test]
fn no_lines_give_no_content() {
    assert!(content(&[], page()).is_empty());
    assert!(content(&[line(vec![], 0.0)], page()).is_empty());
}

#[test]
fn a_line_is_two_words_and_the_space_that_fills_the_gap() {
    let words = vec![word("ax", 10.0, 72.0, 60.0, 100.0), word("g", 80.0, 75.0, 100.0, 109.0)];
    insta::assert_snapshot!(text(&[line(words, 0.0)], page()));
}

#[test]
fn every_fragment_is_a_balanced_content_stream() {
    let words = vec![word("a\u{1d49c}b", 10.0, 72.0, 60.0, 100.0), word("(\\)", 60.0, 75.0, 100.0, 109.0)];
    let stream = Content::decode(&content(&[line(words, 0.0)], page())).unwrap();
    let count = |name: &str| stream.operations.iter().filter(|operation| operation.operator == name).count();
    assert_eq!((count("q"), count("Q"), count("BT"), count("ET")), (1, 1, 1, 1));
    assert_eq!(count("Tj"), 5);
}

#[test]
fn words_of_a_slightly_sloping_line_share_their_baseline() {
    let words = |slope| {
        let line = line(vec![word("a", 0.0, 72.0, 20.0, 100.0), word("b", 280.0, 75.0, 300.0, 103.0)], slope);
        let runs = place(&[line], page());
        (runs[0].y, runs[2].y)
    };
    let (first, last) = words(0.01);
    assert!((first - last).abs() < 1e-9);
    let (first, last) = words(0.1);
    assert!(((first - last) - 28.0 * 0.24).abs() < 1e-9, "a steep line is followed");
}

#[test]
fn lines_of_about_the_usual_size_share_it() {
    let sized = |size| Line { size, ..line(vec![word("a", 0.0, 72.0, 20.0, 100.0)], 0.0) };
    let sizes: Vec<f64> =
        place(&[sized(40.0), sized(40.0), sized(36.0), sized(80.0)], page()).iter().map(|run| run.size).collect();
    assert!((sizes[2] - sizes[0]).abs() < 1e-9 && (sizes[3] - 2.0 * sizes[0]).abs() < 1e-9, "{sizes:?}");
}

#[test]
fn a_turned_page_gets_its_matrix() {
    for (degrees, matrix) in
        [(0, "1 0 0 1 5 7 cm"), (90, "0 1 -1 0 149 7 cm"), (180, "-1 0 0 -1 77 151 cm"), (-90, "0 -1 1 0 5 79 cm")]
    {
        let turned = page().rotated(degrees).cornered(5.0, 7.0);
        assert!(text(&[line(vec![word("a", 0.0, 72.0, 20.0, 100.0)], 0.0)], turned).contains(matrix), "{degrees}");
    }
}

#[test]
fn numbers_are_short_and_never_negative_zero() {
    assert_eq!([1.0, 0.25, 1.23456, -0.0001, 100.0].map(decimal), ["1", "0.25", "1.235", "0", "100"]);
}

#[test]
fn the_fonts_stay_small() {
    let mut document = Document::with_version("1.5");
    add_font(&mut document).unwrap();
    let mut file = Vec::new();
    document.save_to(&mut file).unwrap();
    assert!(file.len() < 20_000, "{} bytes", file.len());
}

#[test]
fn fonts_join_those_that_a_page_has() {
    let mut document = Document::with_version("1.5");
    let font = add_font(&mut document).unwrap();
    let shared = document.add_object(dictionary! { "F1" => Object::Null });
    let own = |fonts: Object| dictionary! { "Type" => "Page", "Resources" => dictionary! { "Font" => fonts } };
    let pages =
        [own(dictionary! { "F1" => Object::Null }.into()), own(shared.into()), dictionary! { "Type" => "Page" }];
    for (index, page) in pages.into_iter().enumerate() {
        let page = document.add_object(page);
        font.attach(&mut document, page).unwrap();
        let fonts = fonts_of(&document, page);
        assert!(fonts.has(b"QuireText0") && fonts.has(b"QuireTextPlane1"));
        assert_eq!(fonts.has(b"F1"), index < 2);
    }
}

fn fonts_of(document: &Document, page: lopdf::ObjectId) -> &Dictionary {
    let resources = document.get_dictionary(page).unwrap().get(b"Resources").unwrap().as_dict().unwrap();
    let (_, fonts) = document.dereference(resources.get(b"Font").unwrap()).unwrap();
    fonts.as_dict().unwrap()
}
