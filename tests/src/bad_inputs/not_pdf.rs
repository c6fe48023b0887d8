//! Files that are no PDF, whatever their name says.

use std::io::{Cursor, Write};
use std::path::Path;

/// Nothing at all.
#[must_use]
pub fn empty_file() -> Vec<u8> {
    Vec::new()
}

/// A letter.
#[must_use]
pub fn plain_text() -> Vec<u8> {
    b"Dear archive,\n\nthe volume that you asked for is in the other parcel.\n".repeat(40)
}

/// A zip archive that holds one text file.
///
/// # Panics
/// When it cannot be written to memory.
#[must_use]
pub fn zip_archive() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("volume.txt", zip::write::SimpleFileOptions::default()).expect("an empty archive takes a file");
    archive.write_all(&plain_text()).expect("memory suffices");
    archive.finish().expect("memory suffices").into_inner()
}

/// A PostScript program that writes the word `executed` to `target` if an interpreter runs it.
#[must_use]
pub fn postscript(target: &Path) -> Vec<u8> {
    format!("%!PS-Adobe-3.0\n{}", program(target)).into_bytes()
}

/// The same program, with a PDF header as its second line: a look for `%PDF-` near the start finds one.
#[must_use]
pub fn postscript_with_a_pdf_header(target: &Path) -> Vec<u8> {
    format!("%!PS-Adobe-3.0\n%PDF-1.4\n{}", program(target)).into_bytes()
}

fn program(target: &Path) -> String {
    let escaped = target.to_string_lossy().replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
    format!("({escaped}) (w) file dup (executed) writestring closefile\nshowpage\n%%EOF\n")
}
