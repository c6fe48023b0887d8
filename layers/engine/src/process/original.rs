//! The pages as they came: of a whole volume, or of a range that was cut from it.

use super::error::ProcessError;
use super::settings::Settings;
use super::work::Work;
use crate::geometry::PageSize;
use crate::output::OutputError;
use crate::pixels::{PageImage, PdfiumLibrary, PixelError, PixelReader};
use crate::source::{PageKind, SourcePage, SourceVolume, TextPresence};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Resolution at which pages that are no single image are drawn.
const RENDER_DPI: f64 = 300.0;

/// Pages at their original quality, by their place in the volume.
pub(crate) struct Original<'a> {
    volume: &'a SourceVolume,
    reader: PixelReader<'a>,
    file: PathBuf,
    first: usize,
}

impl<'a> Original<'a> {
    /// The pages of a file of which the first is page `first` of the volume.
    pub(crate) fn new(volume: &'a SourceVolume, first: usize, settings: &Settings) -> Result<Self, ProcessError> {
        let reader = PixelReader::new(volume, renderer(settings, volume)?).drawing_at(RENDER_DPI);
        // From the root, for programs that take a name with a dash in front for an option.
        let file = volume.path().canonicalize().map_err(|error| OutputError::io(volume.path(), error))?;
        Ok(Self { volume, reader, file, first })
    }

    /// The file.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn volume(&self) -> &'a SourceVolume {
        self.volume
    }

    /// Which pages of the volume there are.
    pub(crate) fn pages(&self) -> Range<usize> {
        self.first..self.first + self.volume.pages.len()
    }

    fn page(&self, index: usize) -> &'a SourcePage {
        &self.volume.pages[index - self.first]
    }

    pub(crate) fn size(&self, index: usize) -> PageSize {
        self.page(index).size()
    }

    /// Bytes of the page's image, where the page is one image.
    pub(crate) fn image_length(&self, index: usize) -> Option<u64> {
        self.volume.image_length(self.page(index))
    }

    pub(crate) fn read(&self, index: usize) -> Result<PageImage, PixelError> {
        self.reader.read(index - self.first)
    }

    /// The pixels of a page; `None`, and a problem told, when nobody can read it.
    pub(crate) fn read_or_report(&self, work: &Work<'_>, index: usize) -> Result<Option<PageImage>, ProcessError> {
        match self.read(index) {
            Ok(image) => Ok(Some(image)),
            Err(PixelError::Damaged { reason, .. }) => {
                work.problem(index, "page.damaged", reason);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What redaction has to know of the pages as they came.
pub(crate) trait SourcePages: Sync {
    /// True when the page has text of its own that shows.
    fn has_own_text(&self, index: usize) -> bool;

    /// A page that is no single image, drawn at the resolution of the compressed ones; `None` when nobody can draw it.
    fn drawn(&self, work: &Work<'_>, index: usize) -> Result<Option<PageImage>, ProcessError>;
}

impl SourcePages for Original<'_> {
    fn has_own_text(&self, index: usize) -> bool {
        self.page(index).text == TextPresence::Visible
    }

    fn drawn(&self, work: &Work<'_>, index: usize) -> Result<Option<PageImage>, ProcessError> {
        let drawn = self.read_or_report(work, index)?;
        Ok(drawn.map(|drawn| drawn.reduced_to(f64::from(work.settings.compression.resolution))))
    }
}

/// PDFium, when a page needs it: a volume of plain scans does without.
fn renderer(settings: &Settings, volume: &SourceVolume) -> Result<Option<PdfiumLibrary>, ProcessError> {
    let is_needed = volume.pages.iter().any(|page| page.kind == PageKind::Other);
    Ok(if is_needed { Some(PdfiumLibrary::load(&settings.installation.pdfium())?) } else { None })
}
