//! Each kind is what it claims, and is displayed as the sample is.

use super::*;
use crate::sample::{self, Grey};
use std::path::PathBuf;
use std::process::Command;

/// The file in a folder of its own, after qpdf found nothing to complain of.
fn saved(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("volume.pdf");
    std::fs::write(&path, bytes).unwrap();
    let check = Command::new("qpdf").arg("--check").arg(&path).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    (folder, path)
}

/// What one of poppler's programs writes when it is given the file between these options.
fn told(bytes: &[u8], program: &str, before: &[&str], after: &[&str]) -> Vec<u8> {
    let (_folder, path) = saved(bytes);
    let output = Command::new(program).args(before).arg(&path).args(after).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The first page as displayed, at 50 dpi.
fn displayed(bytes: &[u8]) -> Grey {
    let drawn = told(bytes, "pdftoppm", &["-r", "50", "-gray", "-cropbox", "-l", "1"], &[]);
    let header: Vec<&[u8]> = drawn.splitn(4, |byte| byte.is_ascii_whitespace()).collect();
    let number = |part: &[u8]| std::str::from_utf8(part).unwrap().parse().unwrap();
    let (width, height) = (number(header[1]), number(header[2]));
    Grey { width, height, pixels: drawn[drawn.len() - width * height..].to_vec() }
}

/// Mean of each square of five by five pixels: where the columns, headings and gaps are, whatever the paper's shade
/// and wherever the renderer's pixels fall.
fn block_means(page: &Grey) -> Vec<f64> {
    let blocks = (0..page.height / 5).flat_map(|y| (0..page.width / 5).map(move |x| (x * 5, y * 5)));
    let sum = |(x, y): (usize, usize)| (0..25).map(|at| f64::from(page.at(x + at % 5, y + at / 5))).sum::<f64>();
    blocks.map(|corner| sum(corner) / 25.0).collect()
}

/// Pearson's correlation of the block means of two pages.
fn likeness(one: &Grey, other: &Grey) -> f64 {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let centred = |page: &Grey| {
        let means = block_means(page);
        let middle = means.iter().sum::<f64>() / means.len() as f64;
        means.into_iter().map(|mean| mean - middle).collect::<Vec<f64>>()
    };
    let (a, b) = (centred(one), centred(other));
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

fn assert_looks_like_the_sample(bytes: &[u8]) {
    let alike = likeness(&displayed(bytes), &displayed(&sample::bytes()));
    assert!(alike > 0.8, "{alike}");
}

#[test]
fn a_page_upside_down_does_not_look_like_itself() {
    let page = displayed(&sample::bytes());
    let pixels = page.pixels.iter().rev().copied().collect();
    let alike = likeness(&page, &Grey { pixels, ..page.clone() });
    assert!(alike < 0.3, "{alike}");
}

/// Kind, width, height, colour, components, bits and encoding of each image on the first page.
fn images(bytes: &[u8]) -> Vec<String> {
    let list = String::from_utf8(told(bytes, "pdfimages", &["-list", "-l", "1"], &[])).unwrap();
    let row = |line: &str| line.split_whitespace().skip(2).take(7).collect::<Vec<_>>().join(" ");
    list.lines().skip(2).map(row).collect()
}

#[test]
fn encodings_are_what_they_claim_and_show_the_sample() {
    let kinds = [
        (rgb_jpeg(), "image 1500 2375 rgb 3 8 jpeg"),
        (cmyk_jpeg(), "image 1500 2375 cmyk 4 8 jpeg"),
        (ccitt_g4(), "image 1500 2375 gray 1 1 ccitt"),
        (one_bit_flate(), "image 1500 2375 gray 1 1 image"),
        (jbig2(), "image 1500 2375 gray 1 1 jbig2"),
    ];
    for (bytes, expected) in kinds {
        assert_eq!(images(&bytes), [expected]);
        assert_looks_like_the_sample(&bytes);
    }
}

#[test]
fn the_1_bit_kinds_hold_the_same_pixels() {
    let [flate, fax, jbig2] = [one_bit_flate(), ccitt_g4(), jbig2()].map(|bytes| bitmap(&bytes));
    assert!(flate.starts_with(b"P4"));
    assert!(flate == fax, "CCITT differs");
    assert!(flate == jbig2, "JBIG2 differs");
}

/// The first page, black and white, pixel for pixel. By Ghostscript: poppler 22.12 misreads some lines of JBIG2 that is
/// coded as Group 4.
fn bitmap(bytes: &[u8]) -> Vec<u8> {
    let (folder, path) = saved(bytes);
    let target = folder.path().join("page.pbm");
    let options = ["-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pbmraw", "-r250", "-dLastPage=1", "-o"];
    let status = Command::new("gs").args(options).arg(&target).arg(path).status().unwrap();
    assert!(status.success());
    std::fs::read(target).unwrap()
}

#[test]
fn turned_pages_are_upright_when_displayed() {
    for (turn, angle) in [(Turn::Quarter, "90"), (Turn::Half, "180"), (Turn::ThreeQuarters, "270")] {
        let bytes = rotated(turn);
        let information = String::from_utf8(told(&bytes, "pdfinfo", &[], &[])).unwrap();
        let line = information.lines().find(|line| line.starts_with("Page rot")).unwrap();
        assert!(line.ends_with(&format!(" {angle}")), "{line}");
        assert_looks_like_the_sample(&bytes);
    }
}

#[test]
fn a_cropped_page_shows_less_than_its_image() {
    let bytes = cropped();
    assert_eq!(images(&bytes), ["image 1800 2675 gray 1 8 jpeg"]);
    assert_looks_like_the_sample(&bytes);
}

#[test]
fn strips_make_up_the_page() {
    let bytes = strips(8);
    let expected = [vec!["image 1500 297 gray 1 8 jpeg"; 7], vec!["image 1500 296 gray 1 8 jpeg"]].concat();
    assert_eq!(images(&bytes), expected);
    assert_looks_like_the_sample(&bytes);
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(told(bytes, "pdftotext", &["-raw"], &["-"])).unwrap()
}

#[test]
fn a_vector_page_is_text_that_one_can_see() {
    let bytes = vector();
    assert!(images(&bytes).is_empty());
    assert!(text_of(&bytes).contains("The harbor clock at Saltgate has hung\n"));
    assert!(displayed(&bytes).pixels.iter().filter(|grey| **grey < 128).count() > 1000);
}

#[test]
fn hidden_text_is_there_and_cannot_be_seen() {
    let bytes = hidden_text();
    let matter = (0..PAGES).flat_map(sample::lines).filter(|line| line.role == "matter").count();
    assert_eq!(text_of(&bytes).matches(HIDDEN_WORD).count(), matter);
    assert_looks_like_the_sample(&bytes);
}

#[test]
fn furniture_stands_where_it_should() {
    let bytes = furnished();
    let text = String::from_utf8_lossy(&bytes);
    for word in FURNITURE {
        assert!(text.contains(word), "{word}");
    }
    assert_looks_like_the_sample(&bytes);
    let lists = |program: &str, options: &[&str]| String::from_utf8(told(&bytes, program, options, &[])).unwrap();
    assert!(lists("pdfinfo", &[]).contains("SECRETTITLE"));
    assert!(lists("pdfinfo", &["-meta"]).contains("SECRETMETADATA"));
    assert!(lists("pdfinfo", &["-dests"]).contains("SECRETDESTINATION"));
    assert!(lists("pdfinfo", &["-url"]).contains("SECRETLINK"));
    assert!(lists("pdfdetach", &["-list"]).contains("secret-attachment.txt"));
}
