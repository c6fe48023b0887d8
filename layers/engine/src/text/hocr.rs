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

/// How every page of hOCR begins, as Tesseract writes it.
const PAGE_START: &str = "<div class='ocr_page'";

/// The lines of each page of hOCR of several pages, given the size of each recognised image in pixels.
///
/// # Errors
/// As [`parse`], and [`HocrError::PageCount`] when there are more or fewer pages than images.
pub fn parse_pages(document: &[u8], sizes: &[(usize, usize)]) -> Result<Vec<Vec<Line>>, HocrError> {
    let text = std::str::from_utf8(document).map_err(|_| HocrError::Encoding)?;
    let body = text.rsplit_once("</body>").map_or(text, |(body, _)| body);
    let starts: Vec<usize> = body.match_indices(PAGE_START).map(|(start, _)| start).collect();
    if starts.len() != sizes.len() {
        return Err(HocrError::PageCount { expected: sizes.len(), found: starts.len() });
    }
    let ends = starts.iter().skip(1).copied().chain([body.len()]);
    let pages = starts.iter().zip(ends).map(|(start, end)| &body[*start..end]);
    pages.zip(sizes).map(|(page, (width, height))| parse(page.as_bytes(), *width, *height)).collect()
}

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
