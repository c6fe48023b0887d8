use super::*;
use crate::detection::{Detection, Label};
use crate::findings::PageResults;
use crate::fingerprint::PictureFingerprint;
use crate::geometry::PageSize;
use crate::measures::PageMeasures;
use crate::numbering::{Reading, number_pages};
use crate::volume::{ColumnBounds, Page};
use domain::VolumeName;

const BOX: [f64; 4] = [900.0, 60.0, 980.0, 105.0];

fn number_box(page_index: usize) -> Detection {
    let (label, bbox) = (Label::PageNumber, BOX);
    Detection {
        page_index,
        label,
        label_id: label.id(),
        confidence: 0.9,
        bbox,
        page_number: None,
        page_number_end: None,
        img_width: 1200,
        img_height: 1900,
        found_by: Vec::new(),
        model_count: None,
    }
}

/// The findings of a volume whose name gives the first and the last number, and whose pages read as told; `?` is a page
/// without a reading, `a/b` one with two. Each as code, page and severity; notes are left out.
fn found(named: (u32, u32), texts: &str) -> Vec<String> {
    let readings: Vec<Vec<Reading>> = texts.split_whitespace().map(readings).collect();
    let pictures: Vec<Option<usize>> = vec![None; readings.len()];
    found_with_pictures(named, &readings, &pictures)
}

fn readings(texts: &str) -> Vec<Reading> {
    texts.split('/').filter(|text| *text != "?").map(|text| Reading { text: text.to_owned(), bbox: BOX }).collect()
}

/// Pages with the same picture have the same number in `pictures`.
fn found_with_pictures(named: (u32, u32), readings: &[Vec<Reading>], pictures: &[Option<usize>]) -> Vec<String> {
    let name = VolumeName::new("arc", "12", Some(named.0), Some(named.1)).unwrap();
    let mut found: Vec<(Severity, Option<usize>, FailureCode)> = all_findings(&name, readings, pictures)
        .into_iter()
        .map(|finding| (finding.severity, finding.page_index, finding.code))
        .collect();
    found.sort_by_key(|(severity, page, code)| (*severity, *page, code.as_str()));
    found.retain(|(severity, ..)| *severity != Severity::Note);
    let line = |(severity, page, code): (Severity, Option<usize>, FailureCode)| {
        let code = code.as_str().trim_start_matches("finding.");
        let page = page.map_or("volume".to_owned(), |page| page.to_string());
        format!("{} {code} {page}", severity.as_str())
    };
    found.into_iter().map(line).collect()
}

fn all_findings(name: &VolumeName, readings: &[Vec<Reading>], pictures: &[Option<usize>]) -> Vec<Finding> {
    let measures: Vec<PageMeasures> = pictures.iter().map(|picture| measures(*picture)).collect();
    let numbers = number_pages(readings, name.first_page().unwrap_or(1));
    let size = PageSize { width_points: 432.0, height_points: 684.0, width_pixels: 1200, height_pixels: 1900 };
    let page = |(index, number)| {
        let (columns, detections) = (ColumnBounds::default(), vec![number_box(index)]);
        Page { index, size, columns, number, detections }
    };
    let pages: Vec<Page> = numbers.into_iter().enumerate().map(page).collect();
    let pages: Vec<PageResults<'_>> = pages
        .iter()
        .map(|page| PageResults {
            page,
            readings: &readings[page.index],
            measures: &measures[page.index],
            is_damaged: false,
        })
        .collect();
    findings(&VolumeResults::of_pages(name, &pages, &[]))
}

/// A page without ink, or one whose fingerprint is far from those of the other pictures.
fn measures(picture: Option<usize>) -> PageMeasures {
    let Some(picture) = picture else { return PageMeasures::default() };
    let bits: Vec<u64> = (0..8)
        .map(|word| (picture * 8 + word + 1) as u64)
        .map(|seed| seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .collect();
    let fingerprint = serde_json::from_value(serde_json::json!(bits)).unwrap();
    PageMeasures { ink: 0.1, fingerprint, ..PageMeasures::default() }
}

#[test]
fn a_clean_volume_has_no_finding() {
    assert!(found((201, 207), "201 202 203 204 205 206 207").is_empty());
    assert!(found((201, 208), "201 ? 203 204-205 206 217/207 208").is_empty());
    assert!(found((913, 927), "913-925 926 927").is_empty());
    assert!(
        found((1, 7), "? ? 1 2 3 4 5 6 7") == ["should_look number_missing 0"],
        "unnumbered pages before the first"
    );
}

#[test]
fn missing_pages_are_found_anywhere() {
    assert_eq!(found((201, 207), "201 202 204 205 206 207"), ["must_look pages_missing 2"]);
    assert_eq!(found((201, 207), "201 203 204 205 206 207"), ["must_look pages_missing 1"]);
    assert_eq!(found((201, 207), "201 202 203 204 205 207"), ["must_look pages_missing 5"]);
    assert_eq!(found((201, 209), "201 202 203 207 208 209"), ["must_look pages_missing 3"]);
    assert_eq!(
        found((201, 209), "201 202 ? 207 208 209"),
        ["must_look pages_missing 3", "should_look number_missing 2"]
    );
    assert_eq!(found((201, 207), "202 203 204 205 206 207"), ["must_look first_number 0"]);
    assert_eq!(found((201, 207), "201 202 203 204 205 206"), ["must_look last_number 5"]);
}

#[test]
fn doubled_pages_are_found_anywhere() {
    assert_eq!(found((201, 207), "201 202 202 203 204 205 206 207"), ["must_look duplicate_number 2"]);
    assert_eq!(found((201, 207), "201 202 203 204 205 206 206 207"), ["must_look duplicate_number 6"]);
    assert_eq!(found((201, 207), "201 202 203 204 205 206 207 207"), ["must_look duplicate_number 7"]);
    assert_eq!(found((201, 207), "201 201 202 203 204 205 206 207"), ["must_look duplicate_number 1"]);
    assert_eq!(found((201, 207), "201 202 203 202 203 204 205 206 207"), ["must_look duplicate_number 3"]);
    assert_eq!(found((201, 207), "201 202 203 203 205 206 207"), ["must_look duplicate_number 3"]);
}

#[test]
fn pages_out_of_order_are_one_finding() {
    assert_eq!(found((201, 207), "201 203 202 204 205 206 207"), ["must_look out_of_order 1"]);
    assert_eq!(found((201, 207), "202 201 203 204 205 206 207"), ["must_look out_of_order 0"]);
    assert_eq!(found((201, 207), "201 202 203 204 205 207 206"), ["must_look out_of_order 5"]);
    assert_eq!(found((201, 207), "201 202 204 205 206 203 207"), ["must_look out_of_order 5"]);
    assert_eq!(found((201, 207), "201 202 206 204 205 203 207"), ["must_look out_of_order 2"]);
    let far: Vec<String> = [1, 2].into_iter().chain(4..30).chain([3]).chain(30..35).map(|n| n.to_string()).collect();
    assert_eq!(found((1, 34), &far.join(" ")), ["must_look out_of_order 28"]);
    let blocks: Vec<String> = (1..=10).chain(21..=30).chain(11..=20).chain(31..=40).map(|n| n.to_string()).collect();
    assert_eq!(found((1, 40), &blocks.join(" ")), ["must_look out_of_order 20"]);
}

#[test]
fn pages_of_another_volume_are_found_wherever_they_are() {
    assert_eq!(found((201, 207), "201 202 744 204 205 206 207"), ["must_look wrong_volume 2"]);
    assert_eq!(found((201, 207), "201 202 744 203 204 205 206 207"), ["must_look wrong_volume 2"]);
    assert_eq!(found((201, 207), "201 202 203 204 205 744 206 207"), ["must_look wrong_volume 5"]);
    assert_eq!(found((201, 207), "201 202 203 744 745 206 207"), ["must_look wrong_volume 3"]);
    assert_eq!(found((201, 207), "744 202 203 204 205 206 207"), ["must_look wrong_volume 0"]);
    assert_eq!(found((201, 207), "201 202 203 204 205 206 744"), ["must_look wrong_volume 6"]);
    assert_eq!(found((201, 207), "744 745 746 747 748 749 750"), ["must_look wrong_volume volume"]);
}

#[test]
fn a_misreading_is_doubtful_only() {
    assert_eq!(found((742, 746), "742 743 144 745 746"), ["should_look number_doubtful 2"]);
    assert_eq!(found((742, 746), "142 743 744 745 746"), ["should_look number_doubtful 0"]);
    assert_eq!(found((742, 746), "742 743 744 745 748"), ["should_look number_doubtful 4"]);
    assert_eq!(found((742, 746), "742 743 74 745 746"), ["should_look number_doubtful 2"]);
}

#[test]
fn a_wide_range_that_nothing_confirms_is_doubtful() {
    assert_eq!(found((201, 205), "201 202 203-215 204 205"), ["should_look number_doubtful 2"]);
    assert_eq!(found((201, 205), "201 202 203-204 205"), Vec::<String>::new());
}

#[test]
fn numbers_that_the_name_does_not_have_are_told_at_their_end() {
    assert_eq!(found((203, 207), "201 202 203 204 205 206 207"), ["must_look first_number 0"]);
    assert_eq!(found((201, 210), "201 202 203 204 205 206 207"), ["must_look last_number 6"]);
    assert_eq!(
        found((198, 210), "201 202 203 204 205 206 207"),
        ["must_look first_number 0", "must_look last_number 6"]
    );
}

#[test]
fn a_volume_without_numbers_is_told_once() {
    assert_eq!(found((201, 203), "? ? ?"), ["must_look number_missing 0"]);
    assert_eq!(found((201, 204), "? ? ?"), ["must_look page_count volume", "must_look number_missing 0"]);
    assert_eq!(found((201, 203), "201 202 203 ?"), ["should_look number_missing 3"]);
    assert_eq!(found((201, 203), "201 202 ? 203"), ["must_look page_count volume", "should_look number_missing 2"]);
}

#[test]
fn a_page_that_was_photographed_twice_is_found_by_its_picture() {
    let pages: Vec<Vec<Reading>> = "201 202 ? 203 204 205 206 207".split(' ').map(readings).collect();
    let pictures = [0, 1, 1, 2, 3, 4, 5, 6].map(Some);
    let found = found_with_pictures((201, 207), &pages, &pictures);
    assert_eq!(found, ["must_look duplicate_picture 2", "should_look number_missing 2"]);
}

#[test]
fn a_page_that_repeats_number_and_picture_is_one_finding() {
    let pages: Vec<Vec<Reading>> = "201 202 202 203 204 205 206 207".split(' ').map(readings).collect();
    let found = found_with_pictures((201, 207), &pages, &[0, 1, 1, 2, 3, 4, 5, 6].map(Some));
    assert_eq!(found, ["must_look duplicate_number 2"]);
}

#[test]
fn the_evidence_says_what_was_read_and_where() {
    assert_ne!(PictureFingerprint::default(), measures(Some(1)).fingerprint);
    let name = VolumeName::new("arc", "12", Some(201), Some(204)).unwrap();
    let readings: Vec<Vec<Reading>> = ["201", "202", "204"].map(readings).into();
    let found = all_findings(&name, &readings, &[None; 3]).remove(0);
    assert_eq!(found.message, "Page 203 is missing: 204 follows 202.");
    assert_eq!((found.evidence.readings, found.evidence.neighbours), (vec!["204".to_owned()], vec![1]));
    assert_eq!((found.evidence.boxes[0].bbox, found.evidence.boxes[0].confidence), (BOX, Some(0.9)));
}
