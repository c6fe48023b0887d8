//! The pixels of the pages of a volume, for several threads: JPEGs are decoded, all other pages are drawn by PDFium.

use super::coded_image;
use super::image::PageImage;
use super::look::Look;
use super::pdfium::{Document, PdfiumLibrary};
use super::strict_jpeg;
use crate::geometry::{DETECTION_DPI, POINTS_PER_INCH};
use crate::programs::command::CommandError;
use crate::source::{CheckableImage, PageKind, SingleImage, SourcePage, SourceVolume, pixels_at};
use domain::FailureCode;
use enum_assoc::Assoc;
use sandbox::protocol::Drawing;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Why the pixels of a page cannot be read. Pages in messages count from 1.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum PixelError {
    #[error("Page {page} cannot be read: {reason}.")]
    #[assoc(code = FailureCode::PixelsDamaged)]
    Damaged { page: usize, reason: String },
    #[error("The volume has no page {page}.")]
    #[assoc(code = FailureCode::PixelsNoSuchPage)]
    NoSuchPage { page: usize },
    #[error("Page {page} is not a single image. Drawing it needs PDFium, which is not loaded.")]
    #[assoc(code = FailureCode::PixelsNoRenderer)]
    NoRenderer { page: usize },
    #[error("PDFium cannot be loaded from {path}: {cause}.")]
    #[assoc(code = FailureCode::PixelsLibraryMissing)]
    LibraryMissing { path: String, cause: String },
    #[error("PDFium cannot open the volume: {cause}.")]
    #[assoc(code = FailureCode::PixelsNotOpened)]
    NotOpened { cause: &'static str },
    /// A program counts other pages than the page tree has, so that it would return the wrong pages.
    #[error("The file claims {claimed} pages and has {counted}.")]
    #[assoc(code = FailureCode::PixelsPageCount)]
    PageCount { claimed: usize, counted: usize },
    #[error("qpdf finds another page {page} in the file than Quire.")]
    #[assoc(code = FailureCode::PixelsOtherPages)]
    OtherPage { page: usize },
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Command(#[from] CommandError),
}

/// The most pixels that a page is drawn with. A page of A3 at 300 dpi has half as many; one of A0 would take a gigabyte.
const MAX_DRAWN_PIXELS: u64 = 40_000_000;

/// The size in pixels at which copies are drawn. It gives each cell of a [`Look`] enough pixels.
const COPY_PIXELS: (u32, u32) = (720, 1080);

/// Draws the pages of a copy of the volume to compare them.
pub(crate) struct CopyReader {
    document: Document,
}

impl CopyReader {
    /// Opens a document that another program made of the volume.
    ///
    /// # Errors
    /// [`PixelError::NotOpened`], and the errors of a PDFium that cannot be used.
    pub(crate) fn open(library: PdfiumLibrary, path: &Path) -> Result<Self, PixelError> {
        Ok(Self { document: Document::open(library, path)? })
    }

    /// True if a page looks like the original, whose image had `pixels`. A few pixels nearly always tell. On a tiny page,
    /// a cell is smaller than a stroke, so that only a drawing of the same size is alike.
    ///
    /// # Errors
    /// [`PixelError::Command`].
    pub(crate) fn is_like(
        &mut self,
        index: usize,
        original: &Look,
        pixels: (usize, usize),
    ) -> Result<bool, PixelError> {
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        for size in [COPY_PIXELS, (side(pixels.0), side(pixels.1))] {
            if self.look(index, size)?.is_some_and(|look| original.agrees_with(&look)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How a page looks from afar; `None` if it cannot be drawn.
    fn look(&mut self, index: usize, size: (u32, u32)) -> Result<Option<Look>, PixelError> {
        let drawn = self.document.draw(index, size)?.ok().map(|drawing| image(drawing, size, 0.0));
        Ok(drawn.map(|drawn| Look::of(drawn.width, drawn.height, drawn.channels, &drawn.pixels)))
    }
}

/// A drawing of a size in pixels as an image.
fn image(drawing: Drawing, (width, height): (u32, u32), dpi: f64) -> PageImage {
    let side = |length: u32| usize::try_from(length).unwrap_or(usize::MAX);
    let Drawing { channels, pixels, .. } = drawing;
    PageImage { width: side(width), height: side(height), channels: channels.into(), pixels, dpi }
}

/// The share by which the proportions of a page may differ between PDFium and Quire.
const PROPORTION_TOLERANCE: f64 = 0.01;

/// True if PDFium sees the page in the same proportions. Their unit may differ, because PDFium ignores `/UserUnit`.
fn has_same_proportions(drawn: &Drawing, page: &SourcePage) -> bool {
    let (width, height) = (f64::from(drawn.points.0), f64::from(drawn.points.1));
    let ratio = width * page.height_points / (height * page.width_points);
    (ratio - 1.0).abs() <= PROPORTION_TOLERANCE
}

/// Reads the pages of a volume. Threads can share it: they decode JPEGs in parallel and take turns at PDFium.
pub struct PixelReader<'v> {
    volume: &'v SourceVolume,
    pdfium: Option<PdfiumLibrary>,
    /// Opened when the first page needs it.
    document: Mutex<Option<Document>>,
    dpi: f64,
}

impl<'v> PixelReader<'v> {
    /// A reader that draws at 200 dpi. Without PDFium it can only read pages that are a single image.
    #[must_use]
    pub const fn new(volume: &'v SourceVolume, pdfium: Option<PdfiumLibrary>) -> Self {
        Self { volume, pdfium, document: Mutex::new(None), dpi: DETECTION_DPI }
    }

    /// Sets the resolution of the pages that PDFium draws. Single images keep their own.
    #[must_use]
    pub const fn drawing_at(mut self, dpi: f64) -> Self {
        self.dpi = dpi;
        self
    }

    /// Decodes or draws a page.
    ///
    /// # Errors
    /// [`PixelError::Damaged`] when the page has to become a blank; the other variants when PDFium is needed and
    /// cannot be used.
    pub fn read(&self, page_index: usize) -> Result<PageImage, PixelError> {
        let number = page_index + 1;
        let page = self.volume.pages.get(page_index).ok_or(PixelError::NoSuchPage { page: number })?;
        match &page.kind {
            PageKind::SingleImage(single) => self.decode(page, single),
            PageKind::Other => self.draw(page),
            PageKind::Damaged { reason } => Err(damaged(page, reason.clone())),
        }
    }

    /// What is wrong with the images of a page that PDFium draws nevertheless, in part or not at all. The text is the end
    /// of a sentence.
    pub(crate) fn doubt(&self, page_index: usize) -> Option<String> {
        let page = self.volume.pages.get(page_index).filter(|page| page.kind == PageKind::Other)?;
        let doubt = self.volume.coded_images(page).iter().find_map(coded_image::doubt);
        self.volume.release(page);
        doubt
    }

    fn decode(&self, page: &SourcePage, single: &SingleImage) -> Result<PageImage, PixelError> {
        let bytes = self.volume.image_bytes(page);
        let bytes = bytes.ok_or_else(|| damaged(page, "its image cannot be read".to_owned()))?;
        let dpi = f64::from(single.width) * POINTS_PER_INCH / page.width_points;
        let image = strict_jpeg::decode(&bytes, single, dpi).map_err(|reason| damaged(page, reason));
        drop(bytes);
        self.volume.release(page);
        image
    }

    fn draw(&self, page: &SourcePage) -> Result<PageImage, PixelError> {
        let checked = self.check_images(page);
        self.volume.release(page);
        checked?;
        let library = self.pdfium.clone().ok_or(PixelError::NoRenderer { page: page.index + 1 })?;
        let dpi = self.affordable_dpi(page);
        let size = (pixels_at(page.width_points, dpi), pixels_at(page.height_points, dpi));
        let mut document = self.document.lock().unwrap_or_else(PoisonError::into_inner);
        if document.is_none() {
            *document = Some(self.open(library)?);
        }
        let Some(opened) = document.as_mut() else {
            return Err(PixelError::NoRenderer { page: page.index + 1 });
        };
        let drawing = opened.draw(page.index, size)?.map_err(|reason| damaged(page, reason.to_owned()))?;
        if !has_same_proportions(&drawing, page) {
            return Err(damaged(page, "PDFium finds another size for it".to_owned()));
        }
        Ok(image(drawing, size, dpi))
    }

    /// Checks the images that PDFium would silently draw in part or leave out.
    fn check_images(&self, page: &SourcePage) -> Result<(), PixelError> {
        for image in self.volume.checkable_images(page) {
            let checked = match image {
                CheckableImage::Jpeg(jpeg) => strict_jpeg::check(jpeg),
                CheckableImage::Deflated { whole: true } => Ok(()),
                CheckableImage::Deflated { whole: false } => Err("an image cannot be unpacked".to_owned()),
            };
            checked.map_err(|reason| damaged(page, reason))?;
        }
        Ok(())
    }

    fn open(&self, library: PdfiumLibrary) -> Result<Document, PixelError> {
        let document = Document::open(library, self.volume.path())?;
        let claimed = document.pages();
        let counted = self.volume.pages.len();
        if claimed == counted { Ok(document) } else { Err(PixelError::PageCount { claimed, counted }) }
    }

    /// The process that draws, if it was started.
    #[cfg(test)]
    pub(super) fn process_id(&self) -> Option<rustix::process::Pid> {
        self.document.lock().unwrap().as_ref().and_then(Document::process_id)
    }

    /// The resolution that was asked for, or a lower one if the page would exceed the limit on pixels.
    fn affordable_dpi(&self, page: &SourcePage) -> f64 {
        let area = page.width_points * page.height_points / (POINTS_PER_INCH * POINTS_PER_INCH);
        let most = (self.volume.limits().max_page_pixels.min(MAX_DRAWN_PIXELS) as f64 / area).sqrt();
        self.dpi.min(most)
    }
}

fn damaged(page: &SourcePage, reason: String) -> PixelError {
    PixelError::Damaged { page: page.index + 1, reason }
}
