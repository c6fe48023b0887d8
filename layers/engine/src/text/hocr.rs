//! Parses Tesseract's hOCR into lines and words.
//!
//! The bytes come from another program that read an untrusted scan, so nothing in them is trusted. Depth, count and
//! length are bounded, only XML's five predefined entities are known, every number is checked, and boxes are clipped
//! to the image.

#[cfg(test)]
mod tests;

use super::{Baseline, Line, Word};
use crate::geometry::Rect;
use domain::FailureCode;
use enum_assoc::Assoc;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// The beginning of every page of hOCR, as Tesseract writes it.
const PAGE_START: &str = "<div class='ocr_page'";

/// The lines of each page of a multi-page hOCR document. `sizes` are the sizes of the recognised images in pixels.
///
/// # Errors
/// See [`parse`], and [`HocrError::PageCount`] when the number of pages and images differ.
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

/// The lines of one page of hOCR, in Tesseract's reading order. `width` and `height` are those of the recognised
/// image in pixels. Words without text, and words outside the image, are left out.
///
/// # Errors
/// [`HocrError`] when the document is not well-formed hOCR of a plausible size.
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

/// The deepest nesting. hOCR nests page, area, paragraph, line, word and emphasis, about nine levels with those of
/// the document.
const DEEPEST: usize = 32;

/// The most words on a page. A dense page has 2,000.
const MOST_WORDS: usize = 100_000;

/// The longest word in bytes. The longest real words are URLs.
const LONGEST_WORD: usize = 2_000;

/// A steeper baseline belongs to text that runs up or down the page, for which Tesseract's baseline is not usable.
/// Such a line is set as if it were level, with each word at the bottom of its own box.
const STEEPEST: f64 = 0.2;

enum Element {
    Line,
    Word,
    Other,
}

struct Parser {
    image: Rect,
    open: Vec<Element>,
    line: Option<Line>,
    word: Option<Word>,
    lines: Vec<Line>,
    words: usize,
}

impl Parser {
    pub(super) const fn new(image: Rect) -> Self {
        Self { image, open: Vec::new(), line: None, word: None, lines: Vec::new(), words: 0 }
    }

    pub(super) fn start(&mut self, element: &BytesStart<'_>) -> Result<(), HocrError> {
        if self.open.len() >= DEEPEST {
            return Err(HocrError::TooMuch("nested elements"));
        }
        let kind = kind(element)?;
        match kind {
            Element::Line => self.start_line(element)?,
            Element::Word => self.start_word(element)?,
            Element::Other => {}
        }
        self.open.push(kind);
        Ok(())
    }

    fn start_line(&mut self, element: &BytesStart<'_>) -> Result<(), HocrError> {
        if self.line.is_some() {
            return Err(HocrError::Malformed("a line inside a line".into()));
        }
        let title = title_of(element)?;
        let rect = bounding_box(&title)?;
        let (slope, offset) = baseline(&title)?.filter(|(slope, _)| slope.abs() <= STEEPEST).unwrap_or_default();
        let size = single(&title, "x_size")?.filter(|size| *size > 0.0);
        self.line = Some(Line {
            words: Vec::new(),
            rect: rect.intersection(&self.image),
            baseline: Baseline { offset: rect.y1 + offset, slope },
            size: size.unwrap_or_else(|| rect.height().max(1.0)),
        });
        Ok(())
    }

    fn start_word(&mut self, element: &BytesStart<'_>) -> Result<(), HocrError> {
        if self.line.is_none() || self.word.is_some() {
            return Err(HocrError::Malformed("a word outside a line or inside a word".into()));
        }
        self.words += 1;
        if self.words > MOST_WORDS {
            return Err(HocrError::TooMuch("words"));
        }
        let title = title_of(element)?;
        let confidence = single(&title, "x_wconf")?.unwrap_or(0.0);
        self.word = Some(Word {
            text: String::new(),
            rect: bounding_box(&title)?.intersection(&self.image),
            confidence: (confidence / 100.0).clamp(0.0, 1.0),
        });
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), HocrError> {
        text.chars().try_for_each(|character| self.character(character))
    }

    /// Adds a character to the current word. White space and control characters are not part of a word.
    fn character(&mut self, character: char) -> Result<(), HocrError> {
        let Some(word) = &mut self.word else {
            return Ok(());
        };
        if character.is_whitespace() || character.is_control() {
            return Ok(());
        }
        word.text.push(character);
        if word.text.len() > LONGEST_WORD { Err(HocrError::TooMuch("letters in a word")) } else { Ok(()) }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), HocrError> {
        if let Some(character) = reference.resolve_char_ref()? {
            return self.character(character);
        }
        let name = reference.xml10_content();
        let text = resolve_predefined_entity(&name)
            .ok_or_else(|| HocrError::Malformed(format!("unknown entity {name:.40}")))?;
        self.text(text)
    }

    pub(super) fn end(&mut self) -> Result<(), HocrError> {
        match self.open.pop() {
            Some(Element::Word) => self.end_word(),
            Some(Element::Line) => self.end_line(),
            Some(Element::Other) => {}
            None => return Err(HocrError::Malformed("an end without a start".into())),
        }
        Ok(())
    }

    fn end_word(&mut self) {
        let word = self.word.take().filter(|word| !word.text.is_empty() && !word.rect.is_empty());
        if let (Some(word), Some(line)) = (word, &mut self.line) {
            line.words.push(word);
        }
    }

    fn end_line(&mut self) {
        self.lines.extend(self.line.take().filter(|line| !line.words.is_empty()));
    }

    fn finish(self) -> Result<Vec<Line>, HocrError> {
        if self.open.is_empty() { Ok(self.lines) } else { Err(HocrError::Malformed("cut off".into())) }
    }
}

fn kind(element: &BytesStart<'_>) -> Result<Element, HocrError> {
    let class = element.try_get_attribute("class")?.map(|attribute| attribute.value);
    Ok(match class.as_deref() {
        Some("ocr_line" | "ocr_header" | "ocr_caption" | "ocr_textfloat") => Element::Line,
        Some("ocrx_word") => Element::Word,
        _ => Element::Other,
    })
}

fn title_of(element: &BytesStart<'_>) -> Result<String, HocrError> {
    let title = element.try_get_attribute("title")?;
    title
        .map(|attribute| attribute.value.into_owned())
        .ok_or_else(|| HocrError::Malformed("an element without a title".into()))
}

/// A larger number (of pixels, or a slope) is invalid on any page.
const LARGEST: f64 = 1e6;

/// The numbers after a property's name; `None` if the property is missing.
fn numbers(title: &str, property: &str) -> Result<Option<Vec<f64>>, HocrError> {
    let found = title.split(';').find_map(|part| {
        let mut fields = part.split_ascii_whitespace();
        (fields.next() == Some(property)).then_some(fields)
    });
    found.map(|fields| fields.map(number).collect()).transpose()
}

fn number(text: &str) -> Result<f64, HocrError> {
    text.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite() && value.abs() <= LARGEST)
        .ok_or_else(|| HocrError::Position(text.to_owned()))
}

/// The element's box, which every line and word must have.
fn bounding_box(title: &str) -> Result<Rect, HocrError> {
    match numbers(title, "bbox")?.as_deref() {
        Some(&[x0, y0, x1, y1]) => Ok(Rect::new(x0, y0, x1, y1)),
        _ => Err(HocrError::Position(title.to_owned())),
    }
}

/// The slope, and the offset from the bottom left corner of the line's box.
pub(super) fn baseline(title: &str) -> Result<Option<(f64, f64)>, HocrError> {
    match numbers(title, "baseline")?.as_deref() {
        Some(&[slope, offset]) => Ok(Some((slope, offset))),
        Some(_) => Err(HocrError::Position(title.to_owned())),
        None => Ok(None),
    }
}

/// A property that has one number.
fn single(title: &str, property: &str) -> Result<Option<f64>, HocrError> {
    match numbers(title, property)?.as_deref() {
        Some(&[value]) => Ok(Some(value)),
        Some(_) => Err(HocrError::Position(title.to_owned())),
        None => Ok(None),
    }
}

/// Why the hOCR of a page could not be read.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum HocrError {
    #[error("The output of Tesseract is not UTF-8 text.")]
    #[assoc(code = FailureCode::HocrEncoding)]
    Encoding,
    #[error("The output of Tesseract has {found} pages instead of {expected}.")]
    #[assoc(code = FailureCode::HocrPageCount)]
    PageCount { expected: usize, found: usize },
    #[error("The output of Tesseract is not well-formed hOCR: {0}.")]
    #[assoc(code = FailureCode::HocrMalformed)]
    Malformed(String),
    /// A number that cannot be parsed or is out of bounds.
    #[error("The output of Tesseract contains a position that is not valid: {0:.60}.")]
    #[assoc(code = FailureCode::HocrPosition)]
    Position(String),
    #[error("The output of Tesseract has too many {0} for one page.")]
    #[assoc(code = FailureCode::HocrTooMuch)]
    TooMuch(&'static str),
}

impl From<quick_xml::Error> for HocrError {
    fn from(error: quick_xml::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<quick_xml::events::attributes::AttrError> for HocrError {
    fn from(error: quick_xml::events::attributes::AttrError) -> Self {
        Self::Malformed(error.to_string())
    }
}
