use super::*;
use crate::text::Baseline;
use domain::FailureClass;
use proptest::prelude::*;

fn page(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html PUBLIC \"x\" \"y\">\n<html><head><title></title>\
         <meta name='ocr-system'/></head><body><div class='ocr_page' title='image \"in\"; bbox 0 0 200 100'>\
         {inside}</div></body></html>"
    )
}

fn line(words: &str) -> String {
    format!(
        "<span class='ocr_line' title=\"bbox 10 20 190 60; baseline 0.01 -8; x_size 40.5; x_descenders 8\">{words}</span>"
    )
}

fn word(title: &str, text: &str) -> String {
    format!("<span class='ocrx_word' title='{title}'>{text}</span>")
}

fn parse_words(words: &str) -> Result<Vec<Line>, HocrError> {
    parse(page(&line(words)).as_bytes(), 200, 100)
}

/// The text of the only word; empty if there is none.
fn only(title: &str, text: &str) -> String {
    parse_words(&word(title, text)).unwrap().first().map(Line::text).unwrap_or_default()
}

const BOX: &str = "bbox 10 20 90 60; x_wconf 96";

#[test]
fn a_line_has_its_words_and_its_baseline() {
    let lines = parse_words(&(word(BOX, "Free") + &word("bbox 100 22 190 52; x_wconf 50", "Software"))).unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].text(), "Free Software");
    assert_eq!(lines[0].rect, Rect::new(10.0, 20.0, 190.0, 60.0));
    assert_eq!(lines[0].baseline, Baseline { offset: 52.0, slope: 0.01 });
    assert!((lines[0].size - 40.5).abs() < 1e-9);
    assert_eq!(lines[0].words[1].rect, Rect::new(100.0, 22.0, 190.0, 52.0));
    assert!((lines[0].words[1].confidence - 0.5).abs() < 1e-9);
}

#[test]
fn headers_captions_and_floats_are_lines_too() {
    for class in ["ocr_header", "ocr_caption", "ocr_textfloat"] {
        let other = page(&line(&word(BOX, "a"))).replace("ocr_line", class);
        assert_eq!(parse(other.as_bytes(), 200, 100).unwrap().len(), 1, "{class}");
    }
}

#[test]
fn emphasis_entities_and_spaces_inside_a_word() {
    assert_eq!(only(BOX, "<strong>A<em>T</em></strong>&amp;&lt;&#x54;&#65;&quot;"), "AT&<TA\"");
    assert_eq!(only(BOX, " in \n\t side\u{7}&#10; "), "inside");
    assert_eq!(only(BOX, "\u{1d49c}\u{fb01}"), "\u{1d49c}\u{fb01}");
}

#[test]
fn words_without_text_and_boxes_without_area_are_left_out() {
    assert_eq!(only(BOX, " "), "");
    assert_eq!(only("bbox 50 20 40 60", "inverted"), "");
    assert_eq!(only("bbox 300 20 400 60", "outside"), "");
}

#[test]
fn boxes_are_cut_to_the_image() {
    let lines = parse_words(&word("bbox -50 20 9000 60; x_wconf 400", "wide")).unwrap();
    assert_eq!(lines[0].words[0].rect, Rect::new(0.0, 20.0, 200.0, 60.0));
    assert!((lines[0].words[0].confidence - 1.0).abs() < 1e-9);
}

#[test]
fn a_line_that_runs_up_the_page_is_set_level() {
    let steep = page(&line(&word(BOX, "up"))).replace("baseline 0.01 -8", "baseline -180 1440");
    let lines = parse(steep.as_bytes(), 200, 100).unwrap();
    assert_eq!(lines[0].baseline, Baseline { offset: 60.0, slope: 0.0 });
}

#[test]
fn a_line_without_size_or_baseline_takes_its_box() {
    let bare = page(&line(&word(BOX, "a"))).replace("; baseline 0.01 -8; x_size 40.5; x_descenders 8", "");
    let lines = parse(bare.as_bytes(), 200, 100).unwrap();
    assert!((lines[0].size - 40.0).abs() < 1e-9);
    assert_eq!(lines[0].baseline, Baseline { offset: 60.0, slope: 0.0 });
}

#[test]
fn bad_numbers_are_refused() {
    for title in [
        "bbox 1 2 3",
        "bbox 1 2 3 4 5",
        "bbox a 2 3 4",
        "bbox NaN 2 3 4",
        "bbox 1 2 inf 4",
        "bbox 1e300 2 3 4",
        "x_wconf 3",
        "",
    ] {
        let error = parse_words(&word(title, "a")).unwrap_err();
        assert_eq!((error.code().as_str(), error.code().class()), ("hocr.position", FailureClass::Internal), "{title}");
    }
    assert_eq!(parse_words(&word("bbox 1 2 3 4; x_wconf x", "a")).unwrap_err().code(), "hocr.position");
}

#[test]
fn unknown_entities_are_refused_and_declared_ones_are_not_expanded() {
    assert_eq!(parse_words(&word(BOX, "&nbsp;")).unwrap_err().code(), "hocr.malformed");
    let bomb = page(&line(&word(BOX, "&b;"))).replace(
        "<!DOCTYPE html PUBLIC \"x\" \"y\">",
        "<!DOCTYPE html [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>",
    );
    assert_eq!(parse(bomb.as_bytes(), 200, 100).unwrap_err().code(), "hocr.malformed");
    assert_eq!(parse_words(&word(BOX, "&#x110000;")).unwrap_err().code(), "hocr.malformed");
}

#[test]
fn size_is_bounded() {
    let deep = "<p>".repeat(100_000);
    assert_eq!(parse(deep.as_bytes(), 200, 100).unwrap_err().code(), "hocr.too_much");
    assert_eq!(parse_words(&word(BOX, &"x".repeat(1 << 20))).unwrap_err().code(), "hocr.too_much");
    assert_eq!(parse_words(&word(BOX, "x").repeat(100_001)).unwrap_err().code(), "hocr.too_much");
}

#[test]
fn broken_structure_is_refused() {
    let nested_line = line(&line(&word(BOX, "a")));
    let nested_word = line(&word(BOX, &word(BOX, "a")));
    for inside in
        [nested_line, nested_word, word(BOX, "a"), "</div>".into(), "<p></q>".into(), "&".into(), "<span".into()]
    {
        assert_eq!(parse(page(&inside).as_bytes(), 200, 100).unwrap_err().code(), "hocr.malformed", "{inside}");
    }
    let whole = page(&line(&word(BOX, "a")));
    let cut = &whole[..whole.len() - 20];
    assert_eq!(parse(cut.as_bytes(), 200, 100).unwrap_err().code(), "hocr.malformed");
    assert_eq!(parse(b"\xff\xfe", 200, 100).unwrap_err().code(), "hocr.encoding");
}

#[test]
fn a_page_without_lines_is_empty() {
    assert!(parse(page("").as_bytes(), 200, 100).unwrap().is_empty());
    assert!(parse(b"", 200, 100).unwrap().is_empty());
}

proptest! {
    #[test]
    fn mangled_documents_never_give_boxes_outside_the_image(
        cuts in proptest::collection::vec((0usize..2000, any::<u8>()), 0..6),
    ) {
        let mut bytes = page(&line(&(word(BOX, "Free &amp; <em>x</em>") + &word("bbox 100 22 190 52", "more")))).into_bytes();
        for (place, byte) in cuts {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        if let Ok(lines) = parse(&bytes, 200, 100) {
            let image = Rect::new(0.0, 0.0, 200.0, 100.0);
            for word in lines.iter().flat_map(|line| &line.words) {
                prop_assert!(image.contains(&word.rect) && !word.rect.is_empty() && !word.text.is_empty());
            }
        }
    }
}
