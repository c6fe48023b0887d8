//! New documents, which contain only what is added here. No metadata, outline, annotation or attachment of the source
//! can get into them.

use super::error::OutputError;
use super::stored_image::StoredImage;
use crate::geometry::PageSize;
use crate::text::Line;
use crate::text::layer::{PageGeometry, TextLayerFont, add_font, content};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use std::path::Path;

/// Builds a PDF page by page.
pub(crate) struct PageBuilder {
    document: Document,
    tree: ObjectId,
    pages: Vec<Object>,
    font: Option<TextLayerFont>,
}

impl Default for PageBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl PageBuilder {
    pub fn new() -> Self {
        let mut document = Document::with_version("1.7");
        let tree = document.new_object_id();
        Self { document, tree, pages: Vec::new(), font: None }
    }

    /// Writes a document of one empty page.
    pub fn write_blank(path: &Path, size: &PageSize) -> Result<(), OutputError> {
        let mut builder = Self::new();
        builder.add_blank(size);
        builder.save(path)
    }

    /// Writes a document of one page that an image fills.
    pub fn write_image(path: &Path, size: &PageSize, image: &StoredImage) -> Result<(), OutputError> {
        let mut builder = Self::new();
        builder.add_image(size, image, &[])?;
        builder.save(path)
    }

    pub fn add_blank(&mut self, size: &PageSize) {
        self.add_page(size, Dictionary::new(), Vec::new());
    }

    /// Adds a page of one image with an invisible text layer. The boxes of the lines are in pixels at 200 dpi.
    pub fn add_image(&mut self, size: &PageSize, image: &StoredImage, lines: &[Line]) -> Result<(), OutputError> {
        let stream = self.document.add_object(image.to_stream()?);
        let mut resources = dictionary! { "XObject" => dictionary! { "Im0" => stream } };
        let mut drawing = format!("q {} 0 0 {} 0 0 cm /Im0 Do Q\n", size.width_points, size.height_points).into_bytes();
        if !lines.is_empty() {
            resources.set("Font", Object::Reference(self.font()?.0));
            drawing.extend(content(lines, PageGeometry::of(size)));
        }
        self.add_page(size, resources, drawing);
        Ok(())
    }

    fn font(&mut self) -> Result<TextLayerFont, OutputError> {
        if let Some(font) = self.font {
            return Ok(font);
        }
        let font = add_font(&mut self.document);
        let font = font.map_err(|error| OutputError::Document { reason: error.to_string() })?;
        self.font = Some(font);
        Ok(font)
    }

    fn add_page(&mut self, size: &PageSize, resources: Dictionary, drawing: Vec<u8>) {
        let mut contents = Stream::new(Dictionary::new(), drawing);
        // An error means that compression would not make the stream smaller. It then stays as it is.
        let _ = contents.compress();
        let contents = self.document.add_object(contents);
        let media_box = [0.0, 0.0, size.width_points, size.height_points].map(real);
        let page = self.document.add_object(dictionary! {
            "Type" => "Page", "Parent" => self.tree, "MediaBox" => media_box.to_vec(),
            "Resources" => resources, "Contents" => contents,
        });
        self.pages.push(page.into());
    }

    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    pub fn save(mut self, path: &Path) -> Result<(), OutputError> {
        let count = i64::try_from(self.pages.len()).unwrap_or(i64::MAX);
        let tree = dictionary! { "Type" => "Pages", "Kids" => self.pages, "Count" => count };
        self.document.objects.insert(self.tree, Object::Dictionary(tree));
        let catalogue = self.document.add_object(dictionary! { "Type" => "Catalog", "Pages" => self.tree });
        self.document.trailer.set("Root", catalogue);
        save(&mut self.document, path)
    }
}

pub(super) fn save(document: &mut Document, path: &Path) -> Result<(), OutputError> {
    let file = std::fs::File::create(path).map_err(|error| OutputError::io(path, error))?;
    let mut writer = std::io::BufWriter::new(file);
    document.save_to(&mut writer).map_err(|error| OutputError::io(path, error))?;
    std::io::Write::flush(&mut writer).map_err(|error| OutputError::io(path, error))
}

#[expect(clippy::cast_possible_truncation, reason = "numbers of a PDF have single precision")]
fn real(value: f64) -> Object {
    Object::Real(value as f32)
}
