//! Reads Tesseract's hOCR into lines and words.
//!
//! The bytes come from another program that read somebody's scan, so nothing in them is believed:
//! depth, number and length are bounded, no entity but XML's own five is known, every number is
//! checked, and boxes are cut to the image.

mod error;
mod parser;
mod title;

#[cfg(test)]
mod tests;

pub use error::HocrError;

use super::Line;
use crate::geometry::Rect;
use parser::Parser;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The lines of one page of hOCR, in Tesseract's reading order. `width` and `height` are those of the
/// recognised image, in pixels; words without text, or without a part inside the image, are left out.
///
/// # Errors
/// [`HocrError`] for anything but well-formed hOCR of a sane size.
pub fn parse(document: &[u8], width: usize, height: usize) -> Result<Vec<Line>, HocrError> {
    let text = std::str::from_utf8(document).map_err(|_| HocrError::Encoding)?;
    let mut reader = Reader::from_str(text);
    let mut parser = Parser::new(Rect::new(0.0, 0.0, width as f64, height as f64));
    loop {
        match reader.read_event()? {
            Event::Start(element) => parser.start(&element)?,
            Event::End(_) => parser.end()?,
            Event::Text(text) => parser.text(&text.xml10_content())?,
            Event::CData(text) => parser.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => parser.reference(&reference)?,
            Event::Eof => return parser.finish(),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}
