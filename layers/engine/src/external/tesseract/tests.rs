//! How the program behaves. The crate's integration tests measure how well it reads.

use super::*;
use domain::FailureClass;

fn english() -> Tesseract {
    Tesseract::new("eng", Cancellation::new())
}

#[test]
fn an_empty_page_has_no_lines() {
    assert!(english().recognise(&GreyImage::filled(600, 800, 255), 300.0).unwrap().is_empty());
}

#[test]
fn crops_without_a_number_keep_their_place() {
    let crops = [
        GreyImage::filled(120, 60, 255),
        GreyImage::filled(0, 0, 0),
        GreyImage::filled(1, 1, 0),
        GreyImage::filled(3, 300, 0),
    ];
    for mode in [7, 8, 13] {
        assert_eq!(english().recognise_page_numbers(&crops, mode).unwrap().len(), 4, "mode {mode}");
    }
    assert_eq!(english().recognise_page_numbers(&crops[..2], 8).unwrap(), ["", ""]);
}

#[test]
fn no_crops_need_no_process() {
    let nowhere = english().temporary_directory("/nonexistent");
    assert!(nowhere.recognise_page_numbers(&[], 8).unwrap().is_empty());
    assert_eq!(nowhere.recognise_page_numbers(&[GreyImage::filled(0, 9, 0)], 8).unwrap(), [""]);
    let error = nowhere.recognise_page_numbers(&[GreyImage::filled(9, 9, 0)], 8).unwrap_err();
    assert_eq!((error.code().as_str(), error.code().class()), ("tesseract.scratch", FailureClass::Resource));
}

#[test]
fn crops_leave_nothing_on_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let tesseract = english().temporary_directory(directory.path());
    tesseract.recognise_page_numbers(&[GreyImage::filled(60, 60, 255)], 8).unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_language_names_its_package() {
    for language in ["xyz_abc", "eng+xyz_abc"] {
        let tesseract = Tesseract::new(language, Cancellation::new());
        let page = GreyImage::filled(60, 60, 255);
        for error in [tesseract.recognise(&page, 300.0).unwrap_err(), tesseract.check().unwrap_err()] {
            assert_eq!(
                (error.code().as_str(), error.code().class()),
                ("tesseract.language_missing", FailureClass::NotInstalled)
            );
            assert!(error.to_string().contains("tesseract-ocr-xyz-abc"), "{error}");
        }
    }
    english().check().unwrap();
}

#[test]
fn an_image_that_is_not_whole_is_refused() {
    let image = GreyImage { width: 10, height: 10, pixels: vec![0; 99] };
    assert_eq!(english().recognise(&image, 300.0).unwrap_err().code(), "tesseract.image");
    assert_eq!(english().recognise_page_numbers(&[image], 8).unwrap_err().code(), "tesseract.image");
}

#[test]
fn cancellation_and_the_time_limit_stop_it() {
    let page = GreyImage::filled(600, 800, 255);
    let cancellation = Cancellation::new();
    cancellation.cancel();
    assert_eq!(
        Tesseract::new("eng", cancellation).recognise(&page, 300.0).unwrap_err().code().class(),
        FailureClass::Interrupted
    );
    let error = english().time_limit(Duration::ZERO).recognise(&page, 300.0).unwrap_err();
    assert_eq!(error.code(), "external.timed_out");
}

#[test]
fn answers_are_counted() {
    let expected = ["", "12", "", "1 - 3"];
    assert_eq!(page_texts(b"\x0c12\n\x0c \x0c1 - 3\n\n\x0c", 4).unwrap(), expected);
    assert_eq!(page_texts(b"\x0c12\n\x0c \x0c1 - 3\n\n", 4).unwrap(), expected);
    assert_eq!(page_texts(b"12\n\x0c\x0c", 2).unwrap(), ["12", ""]);
    assert_eq!(page_texts(b"", 1).unwrap(), [""]);
    for text in [&b"12\n"[..], b"1\x0c2\x0c3"] {
        assert_eq!(page_texts(text, 2).unwrap_err().code(), "tesseract.count");
    }
}
