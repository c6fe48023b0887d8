//! The pixels of the pages of a volume, for several threads: JPEGs are decoded, all other pages are drawn by PDFium.

use super::coded_image;
use super::image::PageImage;
use super::look::Look;
use super::strict_jpeg;
use crate::geometry::{DETECTION_DPI, POINTS_PER_INCH};
use crate::source::{CheckableImage, PageKind, SingleImage, SourcePage, SourceVolume, pixels_at};
use domain::FailureCode;
use enum_assoc::Assoc;
use pdfium_render::prelude::{
    PdfBitmapFormat, PdfDocument, PdfPage, PdfRenderConfig, Pdfium, PdfiumError, PdfiumInternalError,
};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

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
}

/// The most pixels that a page is drawn with. A page of A3 at 300 dpi has half as many; one of A0 would take a gigabyte.
const MAX_DRAWN_PIXELS: u64 = 40_000_000;

/// PDFium draws a pixel as blue, green, red.
const CHANNELS: usize = 3;

/// PDFium, loaded once per process. It runs one call at a time, whichever thread makes it.
#[derive(Debug, Clone, Copy)]
pub struct PdfiumLibrary {
    pdfium: &'static Pdfium,
}

impl PdfiumLibrary {
    /// Loads the library. After the first success in a process, every call returns the loaded library and ignores
    /// the path.
    ///
    /// # Errors
    /// [`PixelError::LibraryMissing`] when there is no such file or it is not PDFium.
    pub fn load(library: &Path) -> Result<Self, PixelError> {
        static LOADED: OnceLock<Pdfium> = OnceLock::new();
        if let Some(pdfium) = LOADED.get() {
            return Ok(Self { pdfium });
        }
        let bound = Pdfium::bind_to_library(library);
        let pdfium = match bound {
            Ok(bindings) => LOADED.get_or_init(|| Pdfium::new(bindings)),
            // Another thread was faster and is about to fill the cell.
            Err(PdfiumError::PdfiumLibraryBindingsAlreadyInitialized) => LOADED.wait(),
            Err(error) => {
                let path = library.display().to_string();
                return Err(PixelError::LibraryMissing { path, cause: error.to_string() });
            }
        };
        Ok(Self { pdfium })
    }

    /// PDFium reads from the file only what it needs, when it needs it.
    fn open(self, path: &Path) -> Result<PdfDocument<'static>, PixelError> {
        let opened = self.pdfium.load_pdf_from_file(path, None);
        opened.map_err(|error| PixelError::NotOpened { cause: cause(&error) })
    }

    /// Opens a document that another program made of the volume.
    ///
    /// # Errors
    /// [`PixelError::NotOpened`].
    pub(crate) fn open_copy(self, path: &Path) -> Result<CopyReader, PixelError> {
        Ok(CopyReader { document: self.open(path)? })
    }
}

/// Why PDFium refuses a file, as the end of a sentence. The library's own text spans lines and names its internals.
const fn cause(error: &PdfiumError) -> &'static str {
    match error {
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::PasswordError) => "it is encrypted",
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::SecurityError) => {
            "its encryption is not supported"
        }
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::FileError) => "the file cannot be read",
        _ => "the file is damaged",
    }
}

/// The size in pixels at which copies are drawn. It gives each cell of a [`Look`] enough pixels.
const COPY_PIXELS: (u32, u32) = (720, 1080);

/// Draws the pages of a copy of the volume to compare them.
pub(crate) struct CopyReader {
    document: PdfDocument<'static>,
}

impl CopyReader {
    /// True if a page looks like the original, whose image had `pixels`. A few pixels nearly always tell. On a tiny page,
    /// a cell is smaller than a stroke, so that only a drawing of the same size is alike.
    pub(crate) fn is_like(&self, index: usize, original: &Look, pixels: (usize, usize)) -> bool {
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let sizes = [COPY_PIXELS, (side(pixels.0), side(pixels.1))];
        sizes.into_iter().any(|size| self.look(index, size).is_some_and(|look| original.agrees_with(&look)))
    }

    /// How a page looks from afar; `None` if it cannot be drawn.
    fn look(&self, index: usize, size: (u32, u32)) -> Option<Look> {
        let drawn = open_page(&self.document, index).and_then(|page| draw(&page, size)).ok()?;
        Some(Look::of(drawn.width, drawn.height, drawn.channels, &drawn.pixels))
    }
}

fn open_page<'d>(document: &PdfDocument<'d>, index: usize) -> Result<PdfPage<'d>, PdfiumError> {
    let index = index.try_into().map_err(|_| PdfiumError::PageIndexOutOfBounds)?;
    document.pages().get(index)
}

/// The share by which the proportions of a page may differ between PDFium and Quire.
const PROPORTION_TOLERANCE: f64 = 0.01;

/// True if PDFium sees the page in the same proportions. Their unit may differ, because PDFium ignores `/UserUnit`.
fn has_same_proportions(drawn: &PdfPage<'_>, page: &SourcePage) -> bool {
    let (width, height) = (f64::from(drawn.width().value), f64::from(drawn.height().value));
    let ratio = width * page.height_points / (height * page.width_points);
    (ratio - 1.0).abs() <= PROPORTION_TOLERANCE
}

/// Draws a page at a size in pixels.
fn draw(page: &PdfPage<'_>, (width, height): (u32, u32)) -> Result<PageImage, PdfiumError> {
    let side = |length: u32| i32::try_from(length).map_err(|_| PdfiumError::UnknownBitmapFormat);
    // With its default, reversed byte order, the library draws grey pages white. Form fields stay off because the
    // file is not trusted. Without them only a target size scales the page; a fixed size does not.
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

/// Converts blue, green, red to red, green, blue, or to grey if the page has no colour.
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

/// Reads the pages of a volume. Threads can share it: they decode JPEGs in parallel and take turns at PDFium.
pub struct PixelReader<'v> {
    volume: &'v SourceVolume,
    pdfium: Option<PdfiumLibrary>,
    /// Opened when the first page needs it.
    document: Mutex<Option<PdfDocument<'static>>>,
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
        let cannot_draw = |_| damaged(page, "PDFium cannot draw it".to_owned());
        let drawable = open_page(opened, page.index).map_err(cannot_draw)?;
        if !has_same_proportions(&drawable, page) {
            return Err(damaged(page, "PDFium finds another size for it".to_owned()));
        }
        let image = draw(&drawable, size).map_err(cannot_draw)?;
        Ok(PageImage { dpi, ..image })
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

    fn open(&self, library: PdfiumLibrary) -> Result<PdfDocument<'static>, PixelError> {
        let document = library.open(self.volume.path())?;
        let claimed = usize::try_from(document.pages().len()).unwrap_or(usize::MAX);
        let counted = self.volume.pages.len();
        if claimed == counted { Ok(document) } else { Err(PixelError::PageCount { claimed, counted }) }
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
