//! Tests what `pdftotext` extracts from text layers whose lines are known.

use crate::support::{Sheet, boxes, extracted, searchable, squeezed};
use engine::geometry::Rect;
use engine::installation::Installation;
use engine::text::words::remove_under;
use engine::text::{Baseline, Line, Word};
use pdfium_render::prelude::*;

/// A line of words at a position, in pixels at 300 dpi. Letters are 18 pixels wide.
fn line(x: f64, baseline: f64, text: &str) -> Line {
    let mut left = x;
    let mut words = Vec::new();
    for word in text.split(' ') {
        let width = 18.0 * word.chars().count() as f64;
        let descends = word.contains(['g', 'j', 'p', 'q', 'y', ',']);
        let rises = word.contains(|c: char| c.is_uppercase() || "bdfhklt0123456789".contains(c));
        let top = baseline - if rises { 28.0 } else { 20.0 };
        let bottom = baseline + if descends { 9.0 } else { 0.0 };
        words.push(Word { text: word.into(), rect: Rect::new(left, top, left + width, bottom), confidence: 1.0 });
        left += width + 12.0;
    }
    let rect = words.iter().map(|word| word.rect).reduce(|all, rect| all.union(&rect)).unwrap();
    Line { words, rect, baseline: Baseline { offset: baseline, slope: 0.0 }, size: 37.0 }
}

fn pdf(lines: &[Line], rotate: i64) -> Vec<u8> {
    searchable(&[Sheet { lines, width: 1800, height: 2400, dpi: 300.0, rotate }])
}

const EVERY_PLANE: &str = "naïve “quoted” — § Ω ж 法律 𝒜lgebra a😀b 𠀀 x é";

#[test]
fn all_of_unicode_comes_back() {
    let text = EVERY_PLANE;
    assert_eq!(extracted(&pdf(&[line(100.0, 300.0, text)], 0))[0], text);
}

/// PDFium, as Quire's set-up installs it.
fn pdfium() -> Pdfium {
    let library = Installation::of_user().unwrap().pdfium();
    let bound = Pdfium::bind_to_library(&library);
    Pdfium::new(bound.unwrap_or_else(|error| panic!("{}: {error}; run cargo xtask setup", library.display())))
}

#[test]
fn pdfium_finds_every_letter_at_its_word_and_draws_none() {
    let lines = [line(100.0, 300.0, EVERY_PLANE), line(100.0, 400.0, "a - no, gag .")];
    let (pdfium, file) = (pdfium(), pdf(&lines, 0));
    let document = pdfium.load_pdf_from_byte_slice(&file, None).unwrap();
    let page = document.pages().get(0).unwrap();
    let text = page.text().unwrap();
    assert_eq!(squeezed(&text.all()), format!("{EVERY_PLANE} a - no, gag ."));
    let word = lines[1].words[2].rect.scaled(0.24, 0.24);
    let points = |value: f64| PdfPoints::new(value as f32);
    // The page's corner is at (10, 20), and it is 576 points high.
    let (left, right) = (points(10.0 + word.x0), points(10.0 + word.x1));
    let (bottom, top) = (points(596.0 - word.y1), points(596.0 - word.y0));
    assert_eq!(text.inside_rect(PdfRect::new(bottom, left, top, right)).trim(), "no,");
    let bitmap = page.render_with_config(&PdfRenderConfig::new().set_target_width(300)).unwrap();
    assert!(bitmap.as_raw_bytes().iter().all(|byte| *byte == 255));
}

#[test]
fn a_character_of_private_use_beyond_the_fonts_becomes_a_replacement() {
    assert_eq!(extracted(&pdf(&[line(100.0, 300.0, "a\u{10ffff}b c")], 0))[0], "a\u{fffd}b c");
}

#[test]
fn words_of_every_height_stay_in_one_line() {
    let text = "a - no, gag . Apply — the law, .. of 1985 to us; see ¶ 12 again , x";
    assert_eq!(extracted(&pdf(&[line(100.0, 300.0, text)], 0))[0], text);
}

#[test]
fn boxes_are_those_of_the_words_however_the_page_is_turned() {
    let lines = [line(200.0, 300.0, "Apply no law gag"), line(200.0, 400.0, "once more")];
    for rotate in [0, 90, 180, 270] {
        let found = boxes(&pdf(&lines, rotate)).remove(0);
        let expected: Vec<&Word> = lines.iter().flat_map(|line| &line.words).collect();
        assert_eq!(found.len(), expected.len(), "turned by {rotate}");
        for ((rect, text), word) in found.iter().zip(expected) {
            let wanted = word.rect.scaled(0.24, 0.24);
            let within = |a: f64, b: f64, by: f64| (a - b).abs() < by;
            assert_eq!(*text, word.text, "turned by {rotate}");
            assert!(within(rect.x0, wanted.x0, 0.1) && within(rect.x1, wanted.x1, 0.1), "{rect:?} {wanted:?}");
            assert!(within(rect.y0, wanted.y0, 1.0) && within(rect.y1, wanted.y1, 1.0), "{rect:?} {wanted:?}");
        }
    }
}

#[test]
fn columns_are_read_one_after_the_other() {
    let words = ["the court held that counsel", "may appeal the judgment to", "a higher court, which gave"];
    let column = |x: f64, name: &str| {
        let rows = 0..30_u32;
        let lines =
            rows.map(|row| line(x, 300.0 + 46.0 * f64::from(row), &format!("{name}{row} {}", words[row as usize % 3])));
        lines.collect::<Vec<Line>>()
    };
    let lines = [column(100.0, "L"), column(930.0, "R")].concat();
    let expected: Vec<String> = lines.iter().map(Line::text).collect();
    assert_eq!(extracted(&pdf(&lines, 0))[0], expected.join(" "));
}

#[test]
fn removed_words_are_not_in_the_pdf() {
    let mut lines = vec![
        line(100.0, 300.0, "public words"),
        line(100.0, 346.0, "SECRET headnote here"),
        line(100.0, 392.0, "more of them"),
    ];
    remove_under(&mut lines, &[Rect::new(90.0, 312.0, 900.0, 356.0)]);
    let pdf = pdf(&lines, 0);
    assert_eq!(extracted(&pdf)[0], "public words more of them");
    let codes = "SECRET".chars().map(|letter| format!("{:04X}", u32::from(letter))).collect::<String>();
    assert!(!pdf.windows(codes.len()).any(|window| window == codes.as_bytes()));
}
