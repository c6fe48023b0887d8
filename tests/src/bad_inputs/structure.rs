//! PDF files whose structure is broken, locked, empty or crafted.

use crate::assembly::{Assembly, Sheet, image, rectangle};
use crate::sample;
use lopdf::{Object, dictionary};
use std::process::Command;

/// The user password of [`password_protected`].
pub const PASSWORD: &str = "thirteen strokes";
/// References in the page tree of [`million_references`].
pub const A_MILLION: usize = 1_000_000;
/// What the page tree of [`untrue_count`] claims.
pub const A_BILLION: i64 = 1_000_000_000;
/// Side of the page of [`huge_page`], in points.
pub const HUGE_SIDE: f32 = 9_000_000.0;

/// The first three fifths of the sample volume: whole pages, a page cut short, no table, no trailer.
#[must_use]
pub fn truncated() -> Vec<u8> {
    let mut bytes = sample::bytes();
    bytes.truncate(bytes.len() * 3 / 5);
    bytes
}

/// The sample volume, locked with a user password by qpdf (256-bit AES).
///
/// # Panics
/// When qpdf is not installed or fails.
#[must_use]
pub fn password_protected() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let locked = folder.path().join("locked.pdf");
    let mut qpdf = Command::new("qpdf");
    qpdf.args(["--encrypt", PASSWORD, "owner of the parrot", "256", "--"]).arg(sample::path()).arg(&locked);
    assert!(qpdf.status().expect("qpdf is installed").success(), "qpdf cannot lock the sample volume");
    std::fs::read(locked).expect("qpdf wrote the file")
}

/// A sound file without a page.
#[must_use]
pub fn zero_pages() -> Vec<u8> {
    Assembly::default().bytes()
}

/// One page, to which the page tree refers a million times.
#[must_use]
pub fn million_references() -> Vec<u8> {
    let assembly = Assembly::of([sound_sheet()]);
    let kids = vec![Object::Reference(assembly.pages[0]); A_MILLION];
    assembly.bytes_with_tree(kids, A_MILLION as i64)
}

/// One page, of which the page tree says that it is a billion.
#[must_use]
pub fn untrue_count() -> Vec<u8> {
    let assembly = Assembly::of([sound_sheet()]);
    let kids = assembly.kids();
    assembly.bytes_with_tree(kids, A_BILLION)
}

/// One page, then a branch of the page tree that leads back to its root.
#[must_use]
pub fn cyclic_page_tree() -> Vec<u8> {
    let mut assembly = Assembly::of([sound_sheet()]);
    let back = dictionary! {
        "Type" => "Pages", "Parent" => assembly.root, "Kids" => vec![Object::Reference(assembly.root)], "Count" => 2,
    };
    let branch = assembly.document.add_object(back);
    let kids = vec![Object::Reference(assembly.pages[0]), Object::Reference(branch)];
    assembly.bytes_with_tree(kids, 3)
}

/// Five pages of the sample volume, of which the second and the fourth are no objects of their own but stand in the list
/// of pages. The file is valid.
#[must_use]
pub fn direct_pages() -> Vec<u8> {
    let assembly = five_sheets();
    let mut kids = assembly.kids();
    for index in [1, 3] {
        kids[index] = Object::Dictionary(assembly.document.get_dictionary(assembly.pages[index]).unwrap().clone());
    }
    assembly.bytes_with_tree(kids, 5)
}

/// Five pages of the sample volume, of which the second is listed as null. qpdf cannot list the pages of such a file.
#[must_use]
pub fn listed_null() -> Vec<u8> {
    let assembly = five_sheets();
    let mut kids = assembly.kids();
    kids[1] = Object::Null;
    assembly.bytes_with_tree(kids, 5)
}

/// Five pages of the sample volume, of which the second is too small for a page and the fourth too large.
#[must_use]
pub fn limits_exceeded() -> Vec<u8> {
    let mut assembly = five_sheets();
    for (index, side) in [(1, 9.0), (3, HUGE_SIDE)] {
        let page = assembly.document.get_dictionary_mut(assembly.pages[index]).unwrap();
        page.set("MediaBox", rectangle(0.0, 0.0, side, side));
    }
    assembly.bytes()
}

/// Five pages of the sample volume, of which the second does not say how large it is.
#[must_use]
pub fn missing_box() -> Vec<u8> {
    let mut assembly = five_sheets();
    assembly.document.get_dictionary_mut(assembly.pages[1]).unwrap().remove(b"MediaBox");
    assembly.bytes()
}

/// The same five pages, each an object of its own, as every program reads them.
#[must_use]
pub fn five_pages() -> Vec<u8> {
    five_sheets().bytes()
}

fn five_sheets() -> Assembly {
    let sheet = |jpeg: Vec<u8>| {
        let page = sample::decoded(&jpeg);
        Sheet::of_image(image(page.width, page.height, "DeviceGray", 8, "DCTDecode", jpeg))
    };
    Assembly::of(sample::jpegs(5).into_iter().map(sheet))
}

/// One page of 9,000,000 by 9,000,000 points, the sample's first page image all over it.
#[must_use]
pub fn huge_page() -> Vec<u8> {
    let mut sheet = Sheet::new(HUGE_SIDE, HUGE_SIDE);
    sheet.images.push((first_image(), [HUGE_SIDE, 0.0, 0.0, HUGE_SIDE, 0.0, 0.0]));
    Assembly::of([sheet]).bytes()
}

fn sound_sheet() -> Sheet {
    Sheet::of_image(first_image())
}

fn first_image() -> lopdf::Stream {
    let jpeg = sample::jpegs(1).remove(0);
    let page = sample::decoded(&jpeg);
    image(page.width, page.height, "DeviceGray", 8, "DCTDecode", jpeg)
}
