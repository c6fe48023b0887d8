//! Builds small PDFs byte by byte, for tests.

use jpeg_encoder::{ColorType, Encoder};
use std::io::Write;
use tempfile::NamedTempFile;

#[path = "../../tests/support/shared_data.rs"]
mod shared_data;
pub(crate) use shared_data::shared;

/// Builds a PDF. Object 1 is the catalogue, object 2 the root of the page tree.
pub(crate) struct PdfBuilder {
    objects: Vec<Vec<u8>>,
    kids: Vec<String>,
    /// Entries of the root of the page tree besides `/Kids`. `/Count` is added if it is missing.
    pub(crate) root: String,
    /// Entries of the trailer besides `/Size` and `/Root`.
    pub(crate) trailer: String,
}

impl PdfBuilder {
    pub(crate) fn new() -> Self {
        let objects = vec![b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), Vec::new()];
        Self { objects, kids: Vec::new(), root: String::new(), trailer: String::new() }
    }

    pub(crate) fn object(&mut self, body: impl AsRef<[u8]>) -> usize {
        self.objects.push(body.as_ref().to_vec());
        self.objects.len()
    }

    pub(crate) fn stream(&mut self, dict: &str, data: &[u8]) -> usize {
        let head = format!("<<{dict}/Length {}>>stream\n", data.len());
        self.object([head.as_bytes(), data, b"\nendstream"].concat())
    }

    pub(crate) fn kid(&mut self, number: usize) {
        self.kid_as(&format!("{number} 0 R"));
    }

    /// Adds this text to the list of pages.
    pub(crate) fn kid_as(&mut self, text: &str) {
        self.kids.push(text.to_owned());
    }

    /// Adds a page with these entries and this content.
    pub(crate) fn page(&mut self, entries: &str, content: &str) -> usize {
        let content = self.stream("", content.as_bytes());
        let number = self.object(format!("<</Type/Page/Parent 2 0 R/Contents {content} 0 R{entries}>>"));
        self.kid(number);
        number
    }

    /// Adds an image, and a page of 72 by 144 points that it fills.
    pub(crate) fn scan(&mut self, dict: &str, data: &[u8]) -> usize {
        let image = self.stream(&format!("/Subtype/Image{dict}"), data);
        let entries = format!("/MediaBox[0 0 72 144]/Resources<</XObject<</I {image} 0 R>>>>");
        self.page(&entries, "q 72 0 0 144 0 0 cm /I Do Q")
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        let kids = self.kids.join(" ");
        if !self.root.contains("/Count") {
            self.root += &format!("/Count {}", self.kids.len());
        }
        self.objects[1] = format!("<</Type/Pages/Kids[{kids}]{}>>", self.root).into_bytes();
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut table = b"0000000000 65535 f \n".to_vec();
        for (index, body) in self.objects.iter().enumerate() {
            table.extend(format!("{:010} 00000 n \n", file.len()).bytes());
            file.extend(format!("{} 0 obj\n", index + 1).bytes());
            file.extend_from_slice(body);
            file.extend(b"\nendobj\n");
        }
        let (start, size) = (file.len(), self.objects.len() + 1);
        file.extend(format!("xref\n0 {size}\n").bytes());
        file.extend(table);
        file.extend(format!("trailer\n<</Size {size}/Root 1 0 R{}>>\n", self.trailer).bytes());
        file.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
        file
    }
}

/// The dictionary of a grey JPEG of 200 by 400 pixels.
pub(crate) const GREY_SCAN: &str = "/Width 200/Height 400/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode";

/// A file with one page that is a grey scan of 200 by 400 pixels.
pub(crate) fn one_scan() -> Vec<u8> {
    let mut pdf = PdfBuilder::new();
    pdf.scan(GREY_SCAN, &jpeg(200, 400, ColorType::Luma));
    pdf.bytes()
}

/// A JPEG with a visible pattern.
pub(crate) fn jpeg(width: u16, height: u16, colour: ColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = picture(width, height, channels(colour));
    Encoder::new(&mut bytes, 90).encode(&pixels, width, height, colour).unwrap();
    bytes
}

/// Samples per pixel, as the encoder expects them.
pub(crate) fn channels(colour: ColorType) -> usize {
    match colour {
        ColorType::Luma => 1,
        ColorType::Cmyk | ColorType::CmykAsYcck | ColorType::Ycck => 4,
        _ => 3,
    }
}

/// A pattern that changes everywhere, like print.
pub(crate) fn picture(width: u16, height: u16, channels: usize) -> Vec<u8> {
    let sample = |index: usize| {
        let (pixel, channel) = (index / channels, index % channels);
        let (x, y) = (pixel % usize::from(width), pixel / usize::from(width));
        ((x * x / 7 + y * y / 5 + x * y / 3 + channel * 60) % 256) as u8
    };
    (0..usize::from(width) * usize::from(height) * channels).map(sample).collect()
}

pub(crate) fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}
