//! The pixels of pages: the stored JPEG if the page is one scan, PDFium's drawing otherwise.

pub mod image;
mod reader;
mod strict_jpeg;

pub use image::{GreyImage, PageImage};
pub use reader::{PdfiumLibrary, PixelError, PixelReader};

#[cfg(test)]
mod tests;
