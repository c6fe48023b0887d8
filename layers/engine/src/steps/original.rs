//! The pages as they were uploaded: of a whole volume, or of a range that was cut from it.

use super::run::Run;
use crate::error::EngineError;
use crate::geometry::PageSize;
use crate::output::OutputError;
use crate::pixels::{CopyReader, Look, PageImage, PdfiumLibrary, PixelError, PixelReader};
use crate::settings::Settings;
use crate::source::{PageKind, SkippedPages, SourcePage, SourceVolume, TextPresence, open_skipping};
use domain::FailureCode;
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The resolution at which pages are drawn that are not a single image.
const RENDER_DPI: f64 = 300.0;

/// Opens a volume and checks it.
///
/// # Errors
/// [`EngineError::Source`], and [`EngineError::NoSuchPages`] if the volume does not have the skipped pages.
pub(crate) fn open_original(
    file: &Path,
    settings: &Settings,
    skipped: &SkippedPages,
) -> Result<SourceVolume, EngineError> {
    let volume = open_skipping(file, &settings.limits, skipped)?;
    let pages = volume.pages.len();
    if skipped.are_among(pages) { Ok(volume) } else { Err(EngineError::NoSuchPages { pages }) }
}

/// Pages at their original quality. Indices are those of the whole volume, also for a range.
pub(crate) struct Original<'a> {
    volume: &'a SourceVolume,
    reader: PixelReader<'a>,
    file: PathBuf,
    first: usize,
    /// What was seen of each page when it was first read; empty if nobody will ask for it.
    seen: Vec<OnceLock<SeenPage>>,
}

/// What to compare the results of a page with.
pub(crate) struct SeenPage {
    pub(crate) look: Look,
    /// Width and height of the image, in pixels.
    pub(crate) pixels: (usize, usize),
    /// What is wrong with an image on the page, as the end of a sentence.
    pub(crate) doubt: Option<String>,
}

impl<'a> Original<'a> {
    /// The pages of a file whose first page is page `first` of the volume.
    pub(crate) fn new(volume: &'a SourceVolume, first: usize, run: &Run<'_>) -> Result<Self, EngineError> {
        // A volume of single images does not need PDFium.
        let is_needed = volume.pages.iter().any(|page| page.kind == PageKind::Other);
        let pdfium = if is_needed { Some(pdfium(run)?) } else { None };
        let reader = PixelReader::new(volume, pdfium).drawing_at(RENDER_DPI);
        // Absolute, because external programs take a leading dash for an option.
        let file = volume.path().canonicalize().map_err(|error| OutputError::io(volume.path(), error))?;
        Ok(Self { volume, reader, file, first, seen: Vec::new() })
    }

    /// Remembers how the pages look when they are read, to compare the results with them.
    pub(crate) fn remembering(mut self) -> Self {
        self.seen.resize_with(self.volume.pages.len(), OnceLock::new);
        self
    }

    /// What was seen of a page, which is read if it was not yet; `None` if the page cannot be read.
    pub(crate) fn seen(&self, index: usize) -> Result<Option<&SeenPage>, PixelError> {
        let slot = self.seen.get(index - self.first);
        if slot.is_some_and(|slot| slot.get().is_none()) {
            match self.read(index) {
                Ok(_) | Err(PixelError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(slot.and_then(OnceLock::get))
    }

    /// Opens a document that another program made of the volume, to draw its pages.
    pub(crate) fn copy_reader(&self, run: &Run<'_>, document: &Path) -> Result<CopyReader, PixelError> {
        CopyReader::open(pdfium(run)?, document)
    }

    /// True if the page draws an image.
    pub(crate) fn has_image(&self, index: usize) -> bool {
        !self.page(index).drawn_images.is_empty()
    }

    pub(crate) fn has_form_fields(&self, index: usize) -> bool {
        self.page(index).has_form_fields
    }

    /// True for a damaged page that no other program may open.
    pub(crate) fn is_refused(&self, index: usize) -> bool {
        self.page(index).is_refused
    }

    /// The absolute path of the file.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn volume(&self) -> &'a SourceVolume {
        self.volume
    }

    pub(crate) fn pages(&self) -> Range<usize> {
        self.first..self.first + self.volume.pages.len()
    }

    fn page(&self, index: usize) -> &'a SourcePage {
        &self.volume.pages[index - self.first]
    }

    pub(crate) fn size(&self, index: usize) -> PageSize {
        self.page(index).size()
    }

    /// Bytes of the image of the page, if the page is a single image.
    pub(crate) fn image_length(&self, index: usize) -> Option<u64> {
        self.volume.image_length(self.page(index))
    }

    pub(crate) fn read(&self, index: usize) -> Result<PageImage, PixelError> {
        let local = index - self.first;
        let image = self.reader.read(local)?;
        if let Some(slot) = self.seen.get(local) {
            slot.get_or_init(|| SeenPage {
                look: Look::of(image.width, image.height, image.channels, &image.pixels),
                pixels: (image.width, image.height),
                doubt: self.reader.doubt(local),
            });
        }
        Ok(image)
    }

    /// The pixels of a page. If the page is damaged or skipped, reports that and returns `None`.
    pub(crate) fn read_or_report(&self, run: &Run<'_>, index: usize) -> Result<Option<PageImage>, EngineError> {
        match self.read(index) {
            Ok(image) => Ok(Some(image)),
            Err(PixelError::Damaged { reason, .. }) => {
                let is_skipped = self.page(index).is_skipped;
                let code = if is_skipped { FailureCode::PageSkipped } else { FailureCode::PageDamaged };
                run.page_problem(index, code, reason);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Decodes every page once and returns, for each, whether it is damaged.
    pub(crate) fn find_damaged(&self, run: &Run<'_>) -> Result<Vec<bool>, EngineError> {
        let is_damaged = |page: usize| {
            run.check_cancelled()?;
            let image = self.read_or_report(run, page)?;
            run.pages_done(1);
            Ok(image.is_none())
        };
        self.pages().into_par_iter().with_max_len(1).map(is_damaged).collect()
    }
}

/// # Errors
/// [`EngineError::NothingReadable`] if every page of the volume is damaged.
pub(crate) fn require_readable(
    run: &Run<'_>,
    mut damaged: impl ExactSizeIterator<Item = bool>,
) -> Result<(), EngineError> {
    let pages = damaged.len();
    if damaged.all(|is_damaged| is_damaged) {
        let reason = run.problems().into_iter().next().map(|problem| problem.reason).unwrap_or_default();
        return Err(EngineError::NothingReadable { pages, reason });
    }
    Ok(())
}

/// What redaction has to know about the original pages.
pub(crate) trait OriginalPages: Sync {
    /// True if the page has visible text.
    fn has_own_text(&self, index: usize) -> bool;

    /// A page that is not a single image, drawn at the resolution of the compressed pages; `None` if it is damaged.
    fn drawn(&self, run: &Run<'_>, index: usize) -> Result<Option<PageImage>, EngineError>;
}

impl OriginalPages for Original<'_> {
    fn has_own_text(&self, index: usize) -> bool {
        self.page(index).text == TextPresence::Visible
    }

    fn drawn(&self, run: &Run<'_>, index: usize) -> Result<Option<PageImage>, EngineError> {
        let drawn = self.read_or_report(run, index)?;
        Ok(drawn.map(|drawn| drawn.reduced_to(f64::from(run.settings.compression.resolution))))
    }
}

fn pdfium(run: &Run<'_>) -> Result<PdfiumLibrary, PixelError> {
    let library = PdfiumLibrary::load(&run.settings.installation.pdfium())?;
    Ok(library.cancelled_by(run.cancellation.clone()))
}
