//! Pages drawn by PDFium.

use crate::pixels::error::PixelError;
use crate::pixels::page_image::PageImage;
use pdfium_render::prelude::{PdfBitmapFormat, PdfDocument, PdfRenderConfig, Pdfium, PdfiumError};
use std::path::Path;
use std::sync::OnceLock;

/// Where the library lies below Quire's directory of installed things.
pub const PDFIUM_LIBRARY: &str = "lib/libpdfium.so";

/// Values of a pixel as PDFium draws it: blue, green, red.
const CHANNELS: usize = 3;

/// The library, loaded once in a process. Calls from several threads take turns.
#[derive(Debug, Clone, Copy)]
pub struct PdfiumLibrary {
    pdfium: &'static Pdfium,
}

impl PdfiumLibrary {
    /// Loads the library. Once that succeeded in this process, later calls give the library that is
    /// loaded, whatever path they name.
    ///
    /// # Errors
    /// [`PixelError::LibraryMissing`] when there is no such library or it is no PDFium.
    pub fn load(library: &Path) -> Result<Self, PixelError> {
        static LOADED: OnceLock<Pdfium> = OnceLock::new();
        if let Some(pdfium) = LOADED.get() {
            return Ok(Self { pdfium });
        }
        let bound = Pdfium::bind_to_library(library);
        let pdfium = match bound {
            Ok(bindings) => LOADED.get_or_init(|| Pdfium::new(bindings)),
            // Another thread was faster and is about to put the library there.
            Err(PdfiumError::PdfiumLibraryBindingsAlreadyInitialized) => LOADED.wait(),
            Err(error) => {
                let path = library.display().to_string();
                return Err(PixelError::LibraryMissing { path, cause: error.to_string() });
            }
        };
        Ok(Self { pdfium })
    }

    /// Opens a volume. PDFium reads from the file what it needs, when it needs it.
    pub(super) fn open(self, path: &Path) -> Result<PdfDocument<'static>, PixelError> {
        let opened = self.pdfium.load_pdf_from_file(path, None);
        opened.map_err(|error| PixelError::NotOpened { cause: error.to_string() })
    }
}

/// Draws a page in a number of pixels.
pub(super) fn draw(
    document: &PdfDocument<'_>,
    index: usize,
    (width, height): (u32, u32),
) -> Result<PageImage, PdfiumError> {
    let index = index.try_into().map_err(|_| PdfiumError::PageIndexOutOfBounds)?;
    let page = document.pages().get(index)?;
    let side = |length: u32| i32::try_from(length).map_err(|_| PdfiumError::UnknownBitmapFormat);
    // The library draws grey pages white while it reverses the byte order, which is its default. Form
    // fields are nothing for a file that nobody trusts; without them a fixed size would not scale the
    // page, a target size does.
    let config = PdfRenderConfig::new()
        .set_target_size(side(width)?, side(height)?)
        .set_format(PdfBitmapFormat::BGR)
        .set_reverse_byte_order(false)
        .render_form_data(false);
    let bitmap = page.render_with_config(&config)?;
    let side = |length: i32| usize::try_from(length).map_err(|_| PdfiumError::UnknownBitmapFormat);
    let (width, height) = (side(bitmap.width())?, side(bitmap.height())?);
    let rows = bitmap.as_raw_bytes();
    let stride = rows.len() / height.max(1);
    let rows = rows.chunks_exact(stride.max(1)).map(|row| &row[..width * CHANNELS]);
    Ok(from_rows(rows, width, height))
}

/// Turns blue, green, red into red, green, blue, or into grey when there is no colour on the page.
fn from_rows<'r>(rows: impl Iterator<Item = &'r [u8]> + Clone, width: usize, height: usize) -> PageImage {
    let is_grey = |pixel: &[u8]| pixel[0] == pixel[1] && pixel[1] == pixel[2];
    let grey = rows.clone().all(|row| row.chunks_exact(CHANNELS).all(is_grey));
    let mut pixels = Vec::with_capacity(width * height * if grey { 1 } else { CHANNELS });
    for pixel in rows.flat_map(|row| row.chunks_exact(CHANNELS)) {
        if grey {
            pixels.push(pixel[0]);
        } else {
            pixels.extend([pixel[2], pixel[1], pixel[0]]);
        }
    }
    PageImage { width, height, channels: if grey { 1 } else { CHANNELS }, pixels, dpi: 0.0 }
}
