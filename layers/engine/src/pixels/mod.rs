//! Pixels of pages: the stored JPEG where a page is one scan, PDFium's drawing everywhere else.

mod error;
pub mod image;
mod jpeg;
mod page_image;
mod pdfium;
mod reader;
mod resize;
mod watched;

pub use error::PixelError;
pub use image::GreyImage;
pub use page_image::PageImage;
pub use pdfium::{PDFIUM_LIBRARY, PdfiumLibrary};
pub use reader::PixelReader;
pub use resize::resized;

#[cfg(test)]
mod tests;
