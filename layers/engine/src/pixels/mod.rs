//! The pixels of pages: the stored image if a page is a single image, PDFium's drawing otherwise.

mod coded_image;
mod image;
mod light;
mod look;
mod reader;
mod strict_jpeg;

pub use image::{GreyImage, PageImage};
pub(crate) use look::Look;
pub(crate) use reader::CopyReader;
pub use reader::{PdfiumLibrary, PixelError, PixelReader};

#[cfg(test)]
mod tests;
