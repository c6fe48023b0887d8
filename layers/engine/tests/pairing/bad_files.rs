//! Files that a person has damaged while editing them.

use domain::FailureClass;
use engine::pairing::{PairingError, pair_file};
use std::io::Write as _;

fn pair_text(text: &str, first_page: Option<u32>) -> Result<Vec<engine::pairing::Opinion>, PairingError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    pair_file(file.path(), first_page)
}

fn entry(page: &str, label: &str, confidence: &str, bbox: &str, more: &str) -> String {
    format!(
        r#"{{"page_index": {page}, "label": "{label}", "label_id": 3, "confidence": {confidence},
            "bbox": {bbox}, "img_width": 1700, "img_height": 2200{more}}}"#
    )
}

fn opinion(more: &str) -> String {
    let caption = entry("3", "CASE_CAPTION", "0.9", "[250, 300, 790, 600]", more);
    let key = entry("4", "KEY_ICON", "0.9", "[420, 900, 620, 980]", "");
    format!("[{caption}, {key}]")
}

fn code(text: &str) -> &'static str {
    let error = pair_text(text, None).unwrap_err();
    assert_eq!(error.code().class(), FailureClass::Input);
    error.code().as_str()
}

#[test]
fn a_good_file_is_paired_and_its_numbers_are_used() {
    let numbers = |text: &str, first_page| {
        let opinions = pair_text(text, first_page).unwrap();
        (opinions[0].first_page_number, opinions[0].last_page_number)
    };
    assert_eq!(numbers(&opinion(""), None), (4, 5));
    assert_eq!(numbers(&opinion(""), Some(101)), (104, 105));
    assert_eq!(numbers(&opinion(r#", "page_number": 733"#), None), (733, 734));
    assert_eq!(numbers(&opinion(r#", "page_number": 733"#), Some(1)), (733, 5));
    assert_eq!(numbers(&opinion(r#", "page_number": null"#), None), (4, 5));
    assert_eq!(numbers(&opinion(r#", "page_number": 733, "page_number_end": 734"#), None), (734, 734));
    assert!(pair_text("[]", None).unwrap().is_empty());
}

#[test]
fn what_is_no_list_of_detections_is_refused() {
    let deep = "[".repeat(100_000);
    for text in ["", "{", "{}", "null", "[1]", "[{}]", "[[]]", "\u{0}", &deep] {
        assert_eq!(code(text), "pairing.json", "{}", &text[..text.len().min(10)]);
    }
    let valid = "[250, 300, 790, 600]";
    for (page, label, confidence, bbox) in [
        ("-1", "KEY_ICON", "0.9", valid),
        ("0.5", "KEY_ICON", "0.9", valid),
        ("99999999999999999999999", "KEY_ICON", "0.9", valid),
        ("0", "KEY", "0.9", valid),
        ("0", "KEY_ICON", "NaN", valid),
        ("0", "KEY_ICON", "1e999", valid),
        ("0", "KEY_ICON", "0.9", "[250, 300, 790]"),
        ("0", "KEY_ICON", "0.9", "[250, 300, 790, Infinity]"),
    ] {
        assert_eq!(code(&format!("[{}]", entry(page, label, confidence, bbox, ""))), "pairing.json");
    }
}

#[test]
fn what_cannot_be_on_a_page_is_refused() {
    let valid = "[250, 300, 790, 600]";
    let one = |page, confidence, bbox| code(&format!("[{}]", entry(page, "KEY_ICON", confidence, bbox, "")));
    assert_eq!(one("20000", "0.9", valid), "pairing.page_index");
    assert_eq!(one("18446744073709551615", "0.9", valid), "pairing.page_index");
    assert_eq!(one("0", "1.5", valid), "pairing.confidence");
    assert_eq!(one("0", "-0.5", valid), "pairing.confidence");
    for bbox in ["[790, 300, 250, 600]", "[250, 600, 790, 300]", "[1, 1, 1, 1]", "[250, 300, 1e300, 600]"] {
        assert_eq!(one("0", "0.9", bbox), "pairing.box", "{bbox}");
    }
    let sized = |from: &str, to: &str| code(&opinion("").replacen(from, to, 1));
    assert_eq!(sized("1700", "0"), "pairing.page_size");
    assert_eq!(sized("2200", "4000000000"), "pairing.page_size");
    let differing = format!(
        "[{}, {}]",
        entry("0", "KEY_ICON", "0.9", valid, ""),
        entry("0", "KEY_ICON", "0.9", valid, "").replace("1700", "1600")
    );
    assert_eq!(code(&differing), "pairing.sizes_differ");
    let crowd = vec![entry("0", "KEY_ICON", "0.9", valid, ""); 1001];
    assert_eq!(code(&format!("[{}]", crowd.join(","))), "pairing.too_many_on_page");
}

#[test]
fn a_missing_or_endless_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(pair_file(&directory.path().join("none.json"), None).unwrap_err().code(), "pairing.unreadable");
    assert_eq!(pair_file(directory.path(), None).unwrap_err().code(), "pairing.unreadable");
    let sparse = directory.path().join("sparse.json");
    std::fs::File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(pair_file(&sparse, None).unwrap_err().code(), "pairing.too_large");
}
