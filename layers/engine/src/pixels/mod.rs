//! The pixels of pages: the stored image if a page is a single image, PDFium's drawing otherwise.

mod coded_image;
mod image;
mod light;
mod look;
mod pdfium;
mod reader;
mod strict_jpeg;

pub use image::{GreyImage, PageImage};
pub(crate) use look::Look;
pub use pdfium::PdfiumLibrary;
pub(crate) use reader::CopyReader;
pub use reader::{PixelError, PixelReader};

#[cfg(test)]
mod tests;
