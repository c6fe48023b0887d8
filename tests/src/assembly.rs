//! Puts pages together to a PDF: what the sound page kinds and the crafted files have in common.
#![allow(
    clippy::expect_used,
    reason = "test code: a file that cannot be written to memory should stop the test where it stands"
)]

use crate::sample::{HEIGHT, WIDTH};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

/// One page to be.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Entries of the page beside `/Type`, `/Parent`, `/Resources` and `/Contents`.
    pub entries: Dictionary,
    /// Its images, and the matrix that each is drawn with.
    pub images: Vec<(Stream, [f32; 6])>,
    /// What is drawn after the images; `/F0` is Times.
    pub content: Vec<u8>,
}

impl Sheet {
    /// An empty page of a size in points.
    #[must_use]
    pub fn new(width: f32, height: f32) -> Self {
        let entries = dictionary! { "MediaBox" => rectangle(0.0, 0.0, width, height) };
        Self { entries, images: Vec::new(), content: Vec::new() }
    }

    /// A page of the sample's size that one image fills.
    #[must_use]
    pub fn of_image(image: Stream) -> Self {
        let mut sheet = Self::new(WIDTH, HEIGHT);
        sheet.images.push((image, [WIDTH, 0.0, 0.0, HEIGHT, 0.0, 0.0]));
        sheet
    }
}

/// A `/MediaBox` or another rectangle.
#[must_use]
pub fn rectangle(x0: f32, y0: f32, x1: f32, y1: f32) -> Object {
    Object::Array([x0, y0, x1, y1].map(Object::Real).to_vec())
}

/// An image XObject of 8 or 1 bit a component, its data encoded already.
#[must_use]
pub fn image(width: usize, height: usize, colour_space: &str, bits: i64, filter: &str, data: Vec<u8>) -> Stream {
    let entries = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Image",
        "Width" => width as i64,
        "Height" => height as i64,
        "ColorSpace" => colour_space,
        "BitsPerComponent" => bits,
        "Filter" => filter,
    };
    Stream::new(entries, data).with_compression(false)
}

/// A file in the making.
#[derive(Debug)]
pub struct Assembly {
    /// Everything added so far.
    pub document: Document,
    /// Entries of the catalog beside `/Type` and `/Pages`.
    pub catalog: Dictionary,
    /// The root of the page tree.
    pub root: ObjectId,
    /// The pages, in order.
    pub pages: Vec<ObjectId>,
    font: ObjectId,
}

impl Default for Assembly {
    fn default() -> Self {
        let mut document = Document::with_version("1.6");
        let root = document.new_object_id();
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Times-Roman", "Encoding" => "WinAnsiEncoding",
        });
        Self { document, catalog: Dictionary::new(), root, pages: Vec::new(), font }
    }
}

impl Assembly {
    /// A file of these pages.
    #[must_use]
    pub fn of(sheets: impl IntoIterator<Item = Sheet>) -> Self {
        let mut assembly = Self::default();
        sheets.into_iter().for_each(|sheet| {
            assembly.add(sheet);
        });
        assembly
    }

    /// Adds a page and says under which number.
    pub fn add(&mut self, sheet: Sheet) -> ObjectId {
        let (mut images, mut content) = (Dictionary::new(), Vec::new());
        for (index, (stream, matrix)) in sheet.images.into_iter().enumerate() {
            let name = format!("Im{index}");
            content.extend(format!("q {} cm /{name} Do Q\n", matrix.map(|part| part.to_string()).join(" ")).bytes());
            images.set(name, self.document.add_object(stream));
        }
        content.extend(sheet.content);
        let content = self.document.add_object(Stream::new(Dictionary::new(), content).with_compression(false));
        let mut page = sheet.entries;
        page.set("Type", "Page");
        page.set("Parent", self.root);
        page.set("Contents", content);
        page.set("Resources", dictionary! { "XObject" => images, "Font" => dictionary! { "F0" => self.font } });
        self.pages.push(self.document.add_object(page));
        self.pages[self.pages.len() - 1]
    }

    /// The file, with an honest page tree.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        let (kids, count) = (self.kids(), self.pages.len());
        self.bytes_with_tree(kids, count as i64)
    }

    /// References to the pages.
    #[must_use]
    pub fn kids(&self) -> Vec<Object> {
        self.pages.iter().copied().map(Object::Reference).collect()
    }

    /// The file, with the page tree's root as told.
    ///
    /// # Panics
    /// When it cannot be written to memory.
    #[must_use]
    pub fn bytes_with_tree(mut self, kids: Vec<Object>, count: i64) -> Vec<u8> {
        let root = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
        self.document.set_object(self.root, root);
        self.catalog.set("Type", "Catalog");
        self.catalog.set("Pages", self.root);
        let catalog = self.document.add_object(self.catalog);
        self.document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        self.document.save_to(&mut bytes).expect("a file can be written to memory");
        bytes
    }
}
