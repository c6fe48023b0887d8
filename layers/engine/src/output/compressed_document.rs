//! The pages of a compressed range: their size and rotation, and the image that a page consists of.

use super::error::OutputError;
use super::stored_image::StoredImage;
use crate::source::DEFAULT_BOX;
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use std::path::Path;

/// An image fills the page if it misses the edges of the page by at most this much, in points.
const FILL_TOLERANCE: f64 = 1.0;

/// Content streams with more bytes are not examined: such a page is not a single image.
const MAXIMUM_CONTENT: usize = 16 << 20;

/// What a page of a compressed range consists of.
pub(crate) enum StoredPage {
    Blank,
    Image(StoredImage),
    /// Something that has to be drawn from the original page.
    Other,
}

/// The PDF of a compressed range, in memory.
pub(crate) struct CompressedDocument {
    pub(super) document: Document,
    pub(super) pages: Vec<ObjectId>,
}

impl CompressedDocument {
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let document = Document::load(path).map_err(|error| OutputError::document(path, error))?;
        let pages = document.page_iter().collect();
        Ok(Self { document, pages })
    }

    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// Width and height as displayed, in points.
    pub fn displayed_size(&self, index: usize) -> Option<(f64, f64)> {
        let [x0, y0, x1, y1] = self.visible_box(index)?;
        let (width, height) = ((x1 - x0).abs(), (y1 - y0).abs());
        Some(if self.rotation(index) % 180 == 0 { (width, height) } else { (height, width) })
    }

    /// False for a page whose content stream is empty.
    pub fn has_content(&self, index: usize) -> bool {
        let content = |page: &ObjectId| self.document.get_page_content_with_limit(*page, MAXIMUM_CONTENT);
        let is_blank = |content: Vec<u8>| content.iter().all(u8::is_ascii_whitespace);
        self.pages.get(index).is_some_and(|page| !content(page).is_ok_and(is_blank))
    }

    pub fn page(&self, index: usize) -> Result<StoredPage, OutputError> {
        if !self.has_content(index) {
            return Ok(StoredPage::Blank);
        }
        match self.image(index) {
            Ok(Some(image)) => Ok(StoredPage::Image(image)),
            Ok(None) | Err(OutputError::PageImage { .. }) => Ok(StoredPage::Other),
            Err(error) => Err(error),
        }
    }

    /// The image that the page consists of; `None` if the page is something else.
    pub fn image(&self, index: usize) -> Result<Option<StoredImage>, OutputError> {
        let Some(stream) = self.image_stream(index) else { return Ok(None) };
        StoredImage::read(&self.document, stream)
    }

    /// The bytes that the image of the page takes in the file; `None` if the page is not a single image.
    pub fn image_length(&self, index: usize) -> Option<u64> {
        u64::try_from(self.image_stream(index)?.content.len()).ok()
    }

    fn image_stream(&self, index: usize) -> Option<&Stream> {
        let (_, object) = self.document.dereference(self.image_reference(index)?).ok()?;
        object.as_stream().ok()
    }

    /// The reference, in the resources of the page, to the one upright image that is all that the page shows.
    pub(super) fn image_reference(&self, index: usize) -> Option<&Object> {
        let page = *self.pages.get(index)?;
        if self.rotation(index) != 0 || self.attribute(page, b"Annots").is_some() {
            return None;
        }
        let content = self.document.get_page_content_with_limit(page, MAXIMUM_CONTENT).ok()?;
        let (name, matrix) = only_image(&Content::decode(&content).ok()?)?;
        self.fills_page(index, &matrix).then_some(())?;
        let resources = self.attribute(page, b"Resources")?.as_dict().ok()?;
        let reference = resources.get_deref(b"XObject", &self.document).ok()?.as_dict().ok()?.get(&name).ok()?;
        self.is_image(reference).then_some(reference)
    }

    fn is_image(&self, reference: &Object) -> bool {
        let stream = self.document.dereference(reference).and_then(|(_, object)| object.as_stream());
        let kind = stream.and_then(|stream| stream.dict.get(b"Subtype").and_then(Object::as_name));
        kind.is_ok_and(|kind| kind == b"Image")
    }

    fn fills_page(&self, index: usize, matrix: &[f64; 6]) -> bool {
        let Some([x0, y0, x1, y1]) = self.visible_box(index) else { return false };
        let [a, b, c, d, e, f] = *matrix;
        let near = |value: f64, wanted: f64| (value - wanted).abs() <= FILL_TOLERANCE;
        near(b, 0.0) && near(c, 0.0) && near(e, x0) && near(f, y0) && near(e + a, x1) && near(f + d, y1)
    }

    /// Clockwise rotation for display: 0, 90, 180 or 270.
    pub(super) fn rotation(&self, index: usize) -> i64 {
        let rotation = self.pages.get(index).and_then(|page| self.attribute(*page, b"Rotate")?.as_i64().ok());
        rotation.unwrap_or(0).rem_euclid(360)
    }

    /// The CropBox inside the MediaBox: left, bottom, right, top in points.
    pub(super) fn visible_box(&self, index: usize) -> Option<[f64; 4]> {
        let page = *self.pages.get(index)?;
        let media = self.attribute(page, b"MediaBox").and_then(|value| self.numbers(value));
        let [x0, y0, x1, y1] = media.filter(|[x0, y0, x1, y1]| x1 > x0 && y1 > y0).unwrap_or(DEFAULT_BOX);
        let crop = self.attribute(page, b"CropBox").and_then(|value| self.numbers(value));
        let [a, b, c, d] = crop.unwrap_or([x0, y0, x1, y1]);
        Some([a.max(x0), b.max(y0), c.min(x1), d.min(y1)])
    }

    /// Reads a rectangle and puts its corners in order.
    fn numbers(&self, value: &Object) -> Option<[f64; 4]> {
        let number = |value: &Object| {
            let (_, value) = self.document.dereference(value).ok()?;
            value.as_float().ok().map(f64::from)
        };
        let [a, b, c, d] = value.as_array().ok()?.as_slice() else { return None };
        let (a, b, c, d) = (number(a)?, number(b)?, number(c)?, number(d)?);
        Some([a.min(c), b.min(d), a.max(c), b.max(d)])
    }

    /// An attribute of the page itself or inherited from the page tree.
    pub(super) fn attribute(&self, page: ObjectId, key: &[u8]) -> Option<&Object> {
        let mut node: &Dictionary = self.document.get_dictionary(page).ok()?;
        for _ in 0..64 {
            if let Ok(value) = node.get_deref(key, &self.document) {
                return Some(value);
            }
            node = node.get_deref(b"Parent", &self.document).ok()?.as_dict().ok()?;
        }
        None
    }
}

/// The name and the matrix of the XObject if that is all that the content draws. Clipping, graphics states and invisible
/// text do not matter.
fn only_image(content: &Content<Vec<Operation>>) -> Option<(Vec<u8>, [f64; 6])> {
    const IDENTITY: [f64; 6] = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let (mut matrix, mut saved) = (IDENTITY, Vec::new());
    let mut found = None;
    let mut is_text_invisible = false;
    for operation in &content.operations {
        match operation.operator.as_str() {
            "q" => saved.push(matrix),
            "Q" => matrix = saved.pop()?,
            "cm" => matrix = concatenated(&six(&operation.operands)?, &matrix),
            "Do" if found.is_none() => found = Some((operation.operands.first()?.as_name().ok()?.to_vec(), matrix)),
            "Tr" => is_text_invisible = operation.operands.first()?.as_i64().ok()? == 3,
            "Tj" | "TJ" | "'" | "\"" if is_text_invisible => {}
            "re" | "W" | "W*" | "n" | "gs" | "i" | "ri" | "BMC" | "BDC" | "EMC" | "BT" | "ET" | "Tf" | "Td" | "TD"
            | "Tm" | "T*" | "Tc" | "Tw" | "Tz" | "TL" | "Ts" | "g" | "G" | "rg" | "RG" | "w" | "J" | "j" | "M"
            | "d" => {}
            _ => return None,
        }
    }
    found
}

fn six(operands: &[Object]) -> Option<[f64; 6]> {
    let values: Option<Vec<f64>> = operands.iter().map(|value| value.as_float().ok().map(f64::from)).collect();
    values?.try_into().ok()
}

fn concatenated(a: &[f64; 6], b: &[f64; 6]) -> [f64; 6] {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}
