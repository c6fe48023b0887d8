//! What is in a PDF, as poppler and qpdf see it: programs that have no part in making it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a document that cannot be looked at should stop the test where it stands"
)]

use crate::command::files;
use crate::sample::Grey;
use std::path::Path;
use std::process::Command;

/// What a program writes to its standard output when it is given the document between these options.
///
/// # Panics
/// When the program is not installed or fails.
#[must_use]
pub fn told(program: &str, before: &[&str], document: &Path, after: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(before).arg(document).args(after).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {document:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The same as text.
#[must_use]
pub fn told_text(program: &str, before: &[&str], document: &Path, after: &[&str]) -> String {
    String::from_utf8_lossy(&told(program, before, document, after)).into_owned()
}

/// The words of a document, by pdftotext.
#[must_use]
pub fn text(document: &Path) -> String {
    told_text("pdftotext", &["-raw"], document, &["-"])
}

/// Every page as displayed, grey, at a resolution in dots an inch.
///
/// # Panics
/// When pdftoppm fails.
#[must_use]
pub fn drawn(document: &Path, resolution: u32) -> Vec<Grey> {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("page");
    let options = ["-r", &resolution.to_string(), "-gray", "-cropbox"];
    let _ = told("pdftoppm", &options, document, &[&prefix.to_string_lossy()]);
    files(folder.path()).iter().map(|file| portable_grey_map(&std::fs::read(file).unwrap())).collect()
}

/// A binary PGM of one byte a pixel: `P5`, width, height, the largest value, then rows.
fn portable_grey_map(bytes: &[u8]) -> Grey {
    let header: Vec<&[u8]> = bytes.splitn(5, u8::is_ascii_whitespace).take(4).collect();
    let number = |part: usize| std::str::from_utf8(header[part]).unwrap().parse::<usize>().unwrap();
    assert_eq!((header[0], number(3)), (b"P5".as_slice(), 255));
    let (width, height) = (number(1), number(2));
    Grey { width, height, pixels: bytes[bytes.len() - width * height..].to_vec() }
}

/// The document's structure with every stream decompressed, as bytes in which words can be searched.
#[must_use]
pub fn unpacked(document: &Path) -> Vec<u8> {
    let options = ["--qdf", "--object-streams=disable", "--stream-data=uncompress"];
    told("qpdf", &options, document, &["-"])
}

/// Width and height of each page as displayed, in points.
///
/// # Panics
/// When pdfinfo fails.
#[must_use]
pub fn page_sizes(document: &Path) -> Vec<(f64, f64)> {
    let said = told_text("pdfinfo", &["-l", "100000"], document, &[]);
    let field = |line: &str, key: &str| line.starts_with("Page ") && line.contains(key);
    let value = |line: &str, from_end: usize| -> f64 {
        let values = line.split(':').nth(1).unwrap().split_whitespace();
        values.filter_map(|word| word.parse().ok()).nth(from_end).unwrap()
    };
    let sizes = said.lines().filter(|line| field(line, " size:")).map(|line| (value(line, 0), value(line, 1)));
    let turns = said.lines().filter(|line| field(line, " rot:")).map(|line| value(line, 0));
    sizes
        .zip(turns)
        .map(|((width, height), turn)| if turn % 180.0 == 0.0 { (width, height) } else { (height, width) })
        .collect()
}

/// An image of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedImage {
    /// Page, from 1.
    pub page: usize,
    /// `image`, `mask`, `smask` or `stencil`.
    pub kind: String,
    /// `gray`, `rgb`, `cmyk`, `index`, `icc` or another.
    pub colour: String,
    /// Bits a component.
    pub bits: usize,
}

/// The images that pdfimages lists.
///
/// # Panics
/// When pdfimages fails.
#[must_use]
pub fn images(document: &Path) -> Vec<ListedImage> {
    let listed = told_text("pdfimages", &["-list"], document, &[]);
    let image = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<usize>().unwrap();
        ListedImage { page: number(0), kind: words[2].to_owned(), colour: words[5].to_owned(), bits: number(7) }
    };
    listed.lines().skip(2).map(image).collect()
}
