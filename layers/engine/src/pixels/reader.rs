//! Pixels of any page of a volume, from several threads.

use crate::geometry::{DETECTION_DPI, POINTS_PER_INCH};
use crate::pixels::error::PixelError;
use crate::pixels::jpeg;
use crate::pixels::page_image::PageImage;
use crate::pixels::pdfium::{self, PdfiumLibrary};
use crate::source::{CheckableImage, PageKind, SingleImage, SourcePage, SourceVolume, pixels_at};
use pdfium_render::prelude::PdfDocument;
use std::sync::{Mutex, PoisonError};

/// Reads the pages of a volume. May be shared between threads: JPEGs are decoded side by side, pages
/// that PDFium draws one after the other.
pub struct PixelReader<'v> {
    volume: &'v SourceVolume,
    pdfium: Option<PdfiumLibrary>,
    /// Opened when the first page needs it.
    document: Mutex<Option<PdfDocument<'static>>>,
    dpi: f64,
}

impl<'v> PixelReader<'v> {
    /// A reader that draws, where it has to draw, at 200 dpi. Without PDFium only plain scans are read.
    #[must_use]
    pub const fn new(volume: &'v SourceVolume, pdfium: Option<PdfiumLibrary>) -> Self {
        Self { volume, pdfium, document: Mutex::new(None), dpi: DETECTION_DPI }
    }

    /// The reader with another resolution for the pages that PDFium draws. Scans keep their own.
    #[must_use]
    pub const fn drawing_at(mut self, dpi: f64) -> Self {
        self.dpi = dpi;
        self
    }

    /// Decodes or draws a page.
    ///
    /// # Errors
    /// [`PixelError::Damaged`] for a page that is to stay a blank; the other variants when PDFium is
    /// needed and cannot be used.
    pub fn read(&self, page_index: usize) -> Result<PageImage, PixelError> {
        let number = page_index + 1;
        let page = self.volume.pages.get(page_index).ok_or(PixelError::NoSuchPage { page: number })?;
        match &page.kind {
            PageKind::SingleImage(single) => self.decode(page, single),
            PageKind::Other => self.draw(page),
            PageKind::Damaged { reason } => Err(damaged(page, (*reason).to_owned())),
        }
    }

    fn decode(&self, page: &SourcePage, single: &SingleImage) -> Result<PageImage, PixelError> {
        let bytes = self.volume.image_bytes(page);
        let bytes = bytes.ok_or_else(|| damaged(page, "its image cannot be read".to_owned()))?;
        let dpi = f64::from(single.width) * POINTS_PER_INCH / page.width_points;
        let image = jpeg::decode(&bytes, single, dpi).map_err(|reason| damaged(page, reason));
        drop(bytes);
        self.volume.release(page);
        image
    }

    fn draw(&self, page: &SourcePage) -> Result<PageImage, PixelError> {
        let checked = self.check_images(page);
        self.volume.release(page);
        checked?;
        let library = self.pdfium.ok_or(PixelError::NoRenderer { page: page.index + 1 })?;
        let dpi = self.affordable_dpi(page);
        let size = (pixels_at(page.width_points, dpi), pixels_at(page.height_points, dpi));
        let mut document = self.document.lock().unwrap_or_else(PoisonError::into_inner);
        if document.is_none() {
            *document = Some(self.open(library)?);
        }
        let Some(opened) = document.as_ref() else {
            return Err(PixelError::NoRenderer { page: page.index + 1 });
        };
        let drawn = pdfium::draw(opened, page.index, size);
        let image = drawn.map_err(|error| damaged(page, format!("PDFium cannot draw it ({error})")))?;
        Ok(PageImage { dpi, ..image })
    }

    /// What PDFium would paint in part, or leave out, without a word.
    fn check_images(&self, page: &SourcePage) -> Result<(), PixelError> {
        for image in self.volume.checkable_images(page) {
            let checked = match image {
                CheckableImage::Jpeg(jpeg) => jpeg::check(jpeg),
                CheckableImage::Deflated { whole: true } => Ok(()),
                CheckableImage::Deflated { whole: false } => Err("an image cannot be unpacked".to_owned()),
            };
            checked.map_err(|reason| damaged(page, reason))?;
        }
        Ok(())
    }

    fn open(&self, library: PdfiumLibrary) -> Result<PdfDocument<'static>, PixelError> {
        let document = library.open(self.volume.path())?;
        let claimed = usize::try_from(document.pages().len()).unwrap_or(usize::MAX);
        let counted = self.volume.pages.len();
        if claimed == counted { Ok(document) } else { Err(PixelError::PageCount { claimed, counted }) }
    }

    /// The wanted resolution, or less where the page would exceed the limit of pixels.
    fn affordable_dpi(&self, page: &SourcePage) -> f64 {
        let area = page.width_points * page.height_points / (POINTS_PER_INCH * POINTS_PER_INCH);
        let most = (self.volume.limits().max_page_pixels as f64 / area).sqrt();
        self.dpi.min(most)
    }
}

fn damaged(page: &SourcePage, reason: String) -> PixelError {
    PixelError::Damaged { page: page.index + 1, reason }
}
