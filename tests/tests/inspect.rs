//! `quire inspect`: pictures of the pages with all that is seen on them.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::command::{Ending, Trial, files};
use tests::{look, quire, sample};

fn inspect(trial: &Trial, options: &[&str]) -> Ending {
    let mut command = Command::new(quire());
    command.arg("inspect").arg(trial.input()).arg("-o").arg(trial.out()).args(options);
    trial.at_home(command.args(["--model", "small", "--no-ocr"]));
    Ending::of(&mut command)
}

/// Width, height, and the pixels: red, green, blue.
fn decoded(path: &Path) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(frame.color_type, png::ColorType::Rgb);
    (frame.width, frame.height, pixels)
}

#[test]
fn a_picture_of_each_page_asked_for() {
    let trial = Trial::of(&sample::bytes());
    let ending = inspect(&trial, &["--pages", "1-2"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    let expected: Vec<PathBuf> = ["page-0001.png", "page-0002.png"].map(|name| trial.out().join(name)).into();
    assert_eq!(files(&trial.out()), expected);
    for picture in &expected {
        let (width, height, pixels) = decoded(picture);
        assert_eq!((width, height), (1200, 1900));
        let is_coloured = |pixel: &&[u8]| pixel.iter().max().unwrap().abs_diff(*pixel.iter().min().unwrap()) > 60;
        let coloured = pixels.chunks(3).filter(is_coloured).count();
        assert!(coloured > 2000, "{coloured} coloured pixels in {picture:?}");
        let dark = pixels.chunks(3).filter(|pixel| pixel.iter().all(|value| *value < 90)).count();
        assert!(dark > 20_000, "the page itself is gone from {picture:?}");
    }
    trial.assert_no_process();
}

#[test]
fn single_pages_and_ranges_may_be_mixed() {
    let trial = Trial::of(&sample::bytes());
    let ending = inspect(&trial, &["--pages", "2,6-9"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    let names: Vec<String> =
        files(&trial.out()).iter().map(|path| path.file_name().unwrap().display().to_string()).collect();
    assert_eq!(names, ["page-0002.png", "page-0006.png", "page-0007.png"]);
}

#[test]
fn lists_that_are_none_are_wrong_arguments() {
    let trial = Trial::of(&sample::bytes());
    for list in ["0", "4-2", "one", "1-", "", "1;2", "-1"] {
        let ending = inspect(&trial, &[&format!("--pages={list}")]);
        assert_eq!(ending.status, Some(2), "{list}: {ending:?}");
    }
    trial.assert_nothing_left();
}

#[test]
fn pages_beyond_the_volume_are_said_to_be() {
    let trial = Trial::of(&sample::bytes());
    let ending = inspect(&trial, &["--pages", "8-9"]);
    assert_eq!(ending.status, Some(3), "{ending:?}");
    assert!(ending.stderr.contains("[process.no_such_pages]") && ending.stderr.contains("7 pages"), "{ending:?}");
    trial.assert_nothing_left();
}

#[test]
fn one_document_of_chosen_labels() {
    let trial = Trial::of(&sample::bytes());
    let coloured = |options: &[&str]| {
        let ending = inspect(&trial, options);
        assert_eq!(ending.status, Some(0), "{ending:?}");
        let document = trial.out().join("inspected.pdf");
        assert_eq!(files(&trial.out()), [document.clone()]);
        assert_eq!(look::page_sizes(&document).len(), 2);
        look::unpacked(&document).len()
    };
    let (all, few) =
        (coloured(&["--pdf", "--pages", "1-2"]), coloured(&["--pdf", "--pages", "1-2", "--labels", "key_icon"]));
    assert_ne!(all, few, "the boxes of the other labels are still drawn");
    let ending = inspect(&trial, &["--labels", "KEY"]);
    assert_eq!(ending.status, Some(2), "{ending:?}");
    assert!(ending.stderr.contains("CASE_CAPTION"), "{ending:?}");
}
