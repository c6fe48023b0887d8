//! Tests with bad files, good files, and arbitrary files.

mod arbitrary;
mod recognised;
mod refused;

use super::testing::{PdfBuilder, file};
use super::{Limits, SourceError, SourcePage, SourceVolume, open};
use std::io::Write;

pub(super) fn opened(bytes: &[u8]) -> Result<SourceVolume, SourceError> {
    open(file(bytes).path(), &Limits::default())
}

pub(super) fn code(bytes: &[u8]) -> &'static str {
    opened(bytes).map_or_else(|error| error.code().as_str(), |_| "opened")
}

pub(super) fn only_page(pdf: PdfBuilder) -> SourcePage {
    opened(&pdf.bytes()).unwrap().pages.remove(0)
}

pub(super) fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A file whose pages are in an object stream and whose cross-reference table is a stream.
pub(super) fn packed_file(entries: &[u8]) -> Vec<u8> {
    let bodies = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Kids[3 0 R 4 0 R]/MediaBox[0 0 72 72]>>",
        "<</Type/Page>>",
        "<</Type/Page/MediaBox[0 0 90 90]>>",
    ];
    let mut header = String::new();
    let mut start = 0;
    for (index, body) in bodies.iter().enumerate() {
        header += &format!("{} {start} ", index + 1);
        start += body.len();
    }
    let text = header.clone() + &bodies.concat();
    let data = deflated(text.as_bytes());
    let mut file = b"%PDF-1.7\n".to_vec();
    let head = format!("5 0 obj<</Type/ObjStm/N 4/First {}/Filter/FlateDecode/Length {}", header.len(), data.len());
    file.extend([head.as_bytes(), entries, b">>stream\n", &data, b"\nendstream endobj\n"].concat());
    let at = file.len();
    let entries: Vec<u8> = (0..4).flat_map(|index| [2, 0, 5, index]).chain([1, 0, 9, 0]).collect();
    let rows: Vec<u8> = entries.chunks(4).flat_map(|row| [&[0], row].concat()).collect();
    let data = deflated(&rows);
    let head = format!(
        "6 0 obj<</Type/XRef/W[1 2 1]/Index[1 5]/Size 6/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>/Length {}>>stream\n",
        data.len()
    );
    file.extend([head.as_bytes(), &data, b"\nendstream endobj\n"].concat());
    file.extend(format!("startxref\n{at}\n%%EOF").bytes());
    file
}
