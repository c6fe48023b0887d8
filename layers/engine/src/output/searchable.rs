//! The searchable volume: the compressed pages with their words as invisible text.

use super::compressed_document::CompressedDocument;
use super::error::OutputError;
use super::page_builder::save;
use crate::text::Line;
use crate::text::layer::{PageGeometry, TextLayerFont, add_font, content};
use lopdf::{Dictionary, Object, Stream, dictionary};
use std::path::Path;

/// The words of one page, and the pixels in which their boxes are given.
#[derive(Debug, Clone)]
pub(crate) struct PageText {
    pub lines: Vec<Line>,
    pub geometry: PageGeometry,
    /// True if the original page has visible text.
    pub has_own_text: bool,
}

/// Adds the words to the pages of a document. A page of one image is rebuilt from the image and the words, so that an
/// older invisible text layer disappears. A page with visible text stays unchanged.
pub(crate) fn add_text_layer(
    mut source: CompressedDocument,
    texts: &[Option<PageText>],
    target: &Path,
) -> Result<(), OutputError> {
    let mut font: Option<TextLayerFont> = None;
    for (index, text) in texts.iter().enumerate() {
        let Some(text) = text else { continue };
        let image = source.image_reference(index).cloned();
        if image.is_none() && (text.has_own_text || text.lines.is_empty()) {
            continue;
        }
        let known = font.map_or_else(|| add_font(&mut source.document).map_err(failed), Ok)?;
        font = Some(known);
        match image {
            Some(image) => rebuild(&mut source, index, image, text, known)?,
            None => append(&mut source, index, text, known)?,
        }
    }
    save(&mut source.document, target)
}

fn failed(error: lopdf::Error) -> OutputError {
    OutputError::Document { reason: error.to_string() }
}

fn rebuild(
    source: &mut CompressedDocument,
    index: usize,
    image: Object,
    text: &PageText,
    font: TextLayerFont,
) -> Result<(), OutputError> {
    let missing = || OutputError::Document { reason: format!("page {} has no size", index + 1) };
    let [x0, y0, x1, y1] = source.visible_box(index).ok_or_else(missing)?;
    let mut drawing = format!("q {} 0 0 {} {x0} {y0} cm /Im0 Do Q\n", x1 - x0, y1 - y0).into_bytes();
    drawing.extend(words(source, index, text));
    let resources = dictionary! { "XObject" => dictionary! { "Im0" => image }, "Font" => Object::Reference(font.0) };
    set_content(source, index, drawing)?;
    let page = source.document.get_dictionary_mut(source.pages[index]).map_err(failed)?;
    page.set("Resources", resources);
    Ok(())
}

fn append(
    source: &mut CompressedDocument,
    index: usize,
    text: &PageText,
    font: TextLayerFont,
) -> Result<(), OutputError> {
    let page = source.pages[index];
    let mut drawing = b"q\n".to_vec();
    drawing.extend(source.document.get_page_content(page));
    drawing.extend(b"\nQ\n");
    drawing.extend(words(source, index, text));
    set_content(source, index, drawing)?;
    font.attach(&mut source.document, page).map_err(failed)
}

/// The content stream of the words in the coordinates of the page, which may be rotated or cropped.
fn words(source: &CompressedDocument, index: usize, text: &PageText) -> Vec<u8> {
    let [left, bottom, ..] = source.visible_box(index).unwrap_or_default();
    content(&text.lines, text.geometry.rotated(source.rotation(index)).cornered(left, bottom))
}

fn set_content(source: &mut CompressedDocument, index: usize, drawing: Vec<u8>) -> Result<(), OutputError> {
    let mut stream = Stream::new(Dictionary::new(), drawing);
    stream.compress().map_err(failed)?;
    let contents = source.document.add_object(stream);
    let page = source.document.get_dictionary_mut(source.pages[index]).map_err(failed)?;
    page.set("Contents", contents);
    page.remove(b"Thumb");
    Ok(())
}
