//! The pixels of pages: the stored image if a page is a single image, PDFium's drawing otherwise.

mod image;
mod light;
mod reader;
mod strict_jpeg;

pub use image::{GreyImage, PageImage};
pub use reader::{PdfiumLibrary, PixelError, PixelReader};

#[cfg(test)]
mod tests;
