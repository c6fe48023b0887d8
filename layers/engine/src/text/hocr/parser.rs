//! What a page of hOCR means, element by element.

use super::{HocrError, title};
use crate::geometry::Rect;
use crate::text::{Baseline, Line, Word};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart};

/// hOCR nests page, area, paragraph, line, word, emphasis: about nine deep with the document's own.
const DEEPEST: usize = 32;

/// A dense page has 2,000 words.
const MOST_WORDS: usize = 100_000;

/// Bytes of a word; the longest are addresses on the web.
const LONGEST_WORD: usize = 2_000;

/// A baseline steeper than this belongs to text that runs up or down the page, for which Tesseract
/// gives no usable one; the line is then set as if level, each word at the bottom of its own box.
const STEEPEST: f64 = 0.2;

enum Element {
    Line,
    Word,
    Other,
}

pub(super) struct Parser {
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
        let rect = title::bounding_box(&title)?;
        let (slope, offset) = title::baseline(&title)?.filter(|(slope, _)| slope.abs() <= STEEPEST).unwrap_or_default();
        let size = title::single(&title, "x_size")?.filter(|size| *size > 0.0);
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
        let confidence = title::single(&title, "x_wconf")?.unwrap_or(0.0);
        self.word = Some(Word {
            text: String::new(),
            rect: title::bounding_box(&title)?.intersection(&self.image),
            confidence: (confidence / 100.0).clamp(0.0, 1.0),
        });
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), HocrError> {
        text.chars().try_for_each(|character| self.character(character))
    }

    /// Keeps a letter of the word that is open; white space and controls are not part of a word.
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

    pub(super) fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), HocrError> {
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

    pub(super) fn finish(self) -> Result<Vec<Line>, HocrError> {
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
