//! The searchable volume: compressed pages with the words on them, invisible.

use super::error::OutputError;
use super::page_builder::save;
use super::page_source::PageSource;
use crate::text::{Line, PageGeometry, TextLayerFont, add_font, content};
use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};
use std::path::Path;

/// The words of one page, and what their boxes are measured in.
#[derive(Debug, Clone)]
pub struct PageText {
    /// Lines of words.
    pub lines: Vec<Line>,
    /// Size of the page and of the image that was read.
    pub geometry: PageGeometry,
    /// True when the page came with text of its own to be seen.
    pub has_own_text: bool,
}

/// Writes the words onto the pages of a document. A page that is one image gets exactly the image and the words:
/// an older hidden text does not stay beside the new one. A page with visible text of its own is left alone.
///
/// # Errors
/// When the document cannot be rewritten.
pub fn add_text_layer(mut source: PageSource, texts: &[Option<PageText>], target: &Path) -> Result<(), OutputError> {
    let mut font: Option<TextLayerFont> = None;
    for (index, text) in texts.iter().enumerate() {
        let Some(text) = text else { continue };
        if source.image_stream(index).is_some() {
            let font = *font.get_or_insert_with(|| add_font(&mut source.document));
            rebuild(&mut source, index, text, font)?;
        } else if !text.has_own_text && !text.lines.is_empty() {
            let font = *font.get_or_insert_with(|| add_font(&mut source.document));
            append(&mut source, index, text, font)?;
        }
    }
    save(&mut source.document, target)
}

fn rebuild(source: &mut PageSource, index: usize, text: &PageText, font: TextLayerFont) -> Result<(), OutputError> {
    let missing = || OutputError::Document { reason: format!("page {} has no image", index + 1) };
    let [x0, y0, x1, y1] = source.visible_box(index).ok_or_else(missing)?;
    let image = source.image_reference(index).ok_or_else(missing)?;
    let mut drawing = format!("q {} 0 0 {} {x0} {y0} cm /Im0 Do Q\n", x1 - x0, y1 - y0).into_bytes();
    drawing.extend(placed(source, index, text).ok_or_else(missing)?);
    let resources = dictionary! { "XObject" => dictionary! { "Im0" => image }, "Font" => font.resource() };
    set_content(source, index, drawing, resources)
}

fn append(source: &mut PageSource, index: usize, text: &PageText, font: TextLayerFont) -> Result<(), OutputError> {
    let page = source.pages[index];
    let failed = |reason: &str| OutputError::Document { reason: format!("page {}: {reason}", index + 1) };
    let words = placed(source, index, text).ok_or_else(|| failed("it has no size"))?;
    let mut drawing = b"q\n".to_vec();
    drawing.extend(source.document.get_page_content(page));
    drawing.extend(b"\nQ\n");
    drawing.extend(words);
    let resources = source.attribute(page, b"Resources").and_then(|value| value.as_dict().ok());
    let mut resources = resources.cloned().unwrap_or_default();
    let fonts = resources.get_deref(b"Font", &source.document).and_then(Object::as_dict).cloned();
    let mut fonts = fonts.unwrap_or_default();
    fonts.extend(&font.resource());
    resources.set("Font", fonts);
    set_content(source, index, drawing, resources)
}

/// The words in the page's own space: the page may be turned or cropped.
fn placed(source: &PageSource, index: usize, text: &PageText) -> Option<Vec<u8>> {
    let [x0, y0, x1, y1] = source.visible_box(index)?;
    let matrix = match source.rotation(index) {
        90 => [0.0, 1.0, -1.0, 0.0, x1, y0],
        180 => [-1.0, 0.0, 0.0, -1.0, x1, y1],
        270 => [0.0, -1.0, 1.0, 0.0, x0, y1],
        _ => [1.0, 0.0, 0.0, 1.0, x0, y0],
    };
    let numbers: Vec<String> = matrix.iter().map(f64::to_string).collect();
    let mut drawing = format!("q {} cm\n", numbers.join(" ")).into_bytes();
    drawing.extend(content(&text.lines, &text.geometry));
    drawing.extend(b"\nQ\n");
    Some(drawing)
}

fn set_content(source: &mut PageSource, index: usize, drawing: Vec<u8>, resources: Dictionary) -> Result<(), OutputError> {
    let page: ObjectId = source.pages[index];
    let mut stream = Stream::new(Dictionary::new(), drawing);
    stream.compress().map_err(|error| OutputError::Document { reason: error.to_string() })?;
    let contents = source.document.add_object(stream);
    let page = source.document.get_dictionary_mut(page);
    let page = page.map_err(|error| OutputError::Document { reason: error.to_string() })?;
    page.set("Contents", contents);
    page.set("Resources", resources);
    page.remove(b"Thumb");
    Ok(())
}
