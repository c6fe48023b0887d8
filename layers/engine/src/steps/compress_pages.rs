//! Makes the pages smaller with Ghostscript. Every page of its output is compared with the page that was detected on, and
//! replaced by the original page if it shows something else, or if the original is smaller.

use super::file_names;
use super::original::{Original, OriginalPages};
use super::run::Run;
use crate::error::EngineError;
use crate::external::command::CommandError;
use crate::external::ghostscript;
use crate::external::qpdf::{self, Part};
use crate::output::{CompressedDocument, OutputError, PageBuilder, StoredImage, StoredPage, file_length, write_png};
use crate::pixels::{CopyReader, PixelError};
use domain::FailureCode;
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Most points by which a side of a page may differ after compression.
const SIZE_TOLERANCE: f64 = 0.5;

/// Some pages of the volume, and the PDF that contains exactly them after compression.
pub(crate) struct CompressedRange {
    pub(crate) pages: Range<usize>,
    pub(crate) document: PathBuf,
    /// The PDF of the original pages, if the volume is to have these because they are smaller. Redaction paints on the
    /// compressed ones nevertheless: it can keep the images that Ghostscript made as they are.
    pub(crate) original: Option<PathBuf>,
}

/// Compresses the volume in ranges. Damaged pages become blanks.
pub(crate) fn compress(
    run: &Run<'_>,
    original: &Original<'_>,
    damaged: &[bool],
) -> Result<Vec<CompressedRange>, EngineError> {
    let directory = run.subdirectory("compressed")?;
    let ranges = run.groups(original.pages()).into_par_iter().with_max_len(1);
    let mended = Mutex::default();
    let compression = |pages| Compression { run, original, damaged, directory: &directory, mended: &mended, pages };
    let ranges: Vec<CompressedRange> =
        ranges.map(|pages| compression(pages).compress()).collect::<Result<_, EngineError>>()?;
    // The volume must not grow.
    if total_length(&ranges)? <= file_length(original.file())? {
        return Ok(ranges);
    }
    ranges.into_par_iter().map(|range| compression(range.pages.clone()).original_if_smaller(range)).collect()
}

fn total_length(ranges: &[CompressedRange]) -> Result<u64, OutputError> {
    ranges.iter().map(|range| file_length(&range.document)).sum()
}

/// The compression of one range.
struct Compression<'a> {
    run: &'a Run<'a>,
    original: &'a Original<'a>,
    damaged: &'a [bool],
    directory: &'a Path,
    mended: &'a Mutex<Option<MendedCopy>>,
    pages: Range<usize>,
}

/// A copy of the original that qpdf has put right, made when Ghostscript fails on the original; `None` if qpdf fails too.
type MendedCopy = Option<PathBuf>;

/// A document of some pages, and whether each of them shows what the original page shows.
struct Copied {
    document: PathBuf,
    faithful: Vec<bool>,
}

/// How a call of Ghostscript ended.
enum Attempt {
    Copied(Copied),
    /// It reported an error or made another number of pages.
    Failed,
    TimedOut,
}

impl Copied {
    fn is_faithful(&self) -> bool {
        self.faithful.iter().all(|is_faithful| *is_faithful)
    }
}

impl Compression<'_> {
    fn compress(self) -> Result<CompressedRange, EngineError> {
        self.run.check_cancelled()?;
        let readable = self.readable();
        readable.iter().try_for_each(|page| self.report_doubts(*page))?;
        let parts = self.compress_pages(&readable, &self.source())?;
        let document = self.joined("range", parts)?;
        self.run.pages_done(self.pages.len());
        Ok(CompressedRange { pages: self.pages, document, original: None })
    }

    /// The range, and its original pages if these are smaller.
    fn original_if_smaller(&self, range: CompressedRange) -> Result<CompressedRange, EngineError> {
        self.run.check_cancelled()?;
        let readable = self.readable();
        if readable.is_empty() {
            return Ok(range);
        }
        let length = file_length(&range.document)?;
        let copy = self.try_copy(&readable)?.filter(Copied::is_faithful);
        let Some(copy) = copy else { return Ok(range) };
        let document = self.joined("original", in_document(&readable, &copy.document))?;
        let original = (file_length(&document)? < length).then_some(document);
        Ok(CompressedRange { original, ..range })
    }

    /// The copy that qpdf has put right, once Ghostscript has failed on the original.
    fn source(&self) -> PathBuf {
        let mended = self.mended.lock().unwrap_or_else(PoisonError::into_inner);
        mended.clone().flatten().unwrap_or_else(|| self.original.file().to_owned())
    }

    /// The pages of the range that are not damaged.
    fn readable(&self) -> Vec<usize> {
        self.pages.clone().filter(|page| !self.damaged[*page]).collect()
    }

    /// Reports what is wrong with a page that can be drawn nevertheless.
    fn report_doubts(&self, page: usize) -> Result<(), EngineError> {
        let Some(seen) = self.original.seen(page)? else { return Ok(()) };
        if let Some(doubt) = &seen.doubt {
            self.run.page_problem(page, FailureCode::PageImageDamaged, doubt.clone());
        }
        if self.original.has_form_fields(page) {
            let reason = "it has form fields, which are not drawn".to_owned();
            self.run.page_problem(page, FailureCode::PageFormFields, reason);
        }
        // A blank scan that is decoded here is blank. PDFium also draws white what it cannot decode.
        if seen.look.is_white() && self.original.has_image(page) && self.original.image_length(page).is_none() {
            let reason = "it has an image, but nothing of it can be seen".to_owned();
            self.run.page_problem(page, FailureCode::PageDrawnBlank, reason);
        }
        Ok(())
    }

    /// The place of each page after compression. What Ghostscript cannot do with the original, it tries with a copy that
    /// qpdf has put right. If it fails on that too, the pages are halved until the page that causes the failure is alone,
    /// unless it took too long.
    fn compress_pages(&self, pages: &[usize], source: &Path) -> Result<Vec<(usize, Part)>, EngineError> {
        if pages.is_empty() {
            return Ok(Vec::new());
        }
        let attempt = self.try_ghostscript(pages, source)?;
        if let Attempt::Copied(copied) = &attempt
            && copied.is_faithful()
        {
            return self.smaller(pages, &copied.document);
        }
        if source == self.original.file()
            && let Some(mended) = self.mended_copy()?
        {
            return self.compress_pages(pages, &mended);
        }
        match (attempt, pages) {
            (Attempt::Copied(copied), _) => self.keep_unfaithful(pages, &copied),
            (Attempt::TimedOut, _) | (Attempt::Failed, [_]) => self.keep(pages),
            (Attempt::Failed, _) => {
                let (first, second) = pages.split_at(pages.len() / 2);
                let mut parts = self.compress_pages(first, source)?;
                parts.extend(self.compress_pages(second, source)?);
                Ok(parts)
            }
        }
    }

    /// Ghostscript's pages where they show what the original shows, and the original ones elsewhere.
    fn keep_unfaithful(&self, pages: &[usize], copied: &Copied) -> Result<Vec<(usize, Part)>, EngineError> {
        let mut parts = in_document(pages, &copied.document);
        let mut verdicts = copied.faithful.iter();
        parts.retain(|_| verdicts.next().copied().unwrap_or(false));
        let faithful = |page: &usize| parts.iter().any(|(kept, _)| kept == page);
        let others: Vec<usize> = pages.iter().copied().filter(|page| !faithful(page)).collect();
        parts.extend(self.keep(&others)?);
        Ok(parts)
    }

    fn try_ghostscript(&self, pages: &[usize], source: &Path) -> Result<Attempt, EngineError> {
        let target = self.file("small", pages);
        let options = &self.run.settings.compression;
        match ghostscript::compress(source, pages, &target, options, self.run.cancellation) {
            Ok(()) => Ok(self.compared(target, pages)?.map_or(Attempt::Failed, Attempt::Copied)),
            Err(CommandError::Failed { .. }) => Ok(Attempt::Failed),
            Err(CommandError::TimedOut { .. }) => Ok(Attempt::TimedOut),
            Err(error) => Err(error.into()),
        }
    }

    /// The original with damaged pages replaced by blanks, written again by qpdf.
    fn mended_copy(&self) -> Result<MendedCopy, EngineError> {
        let mut mended = self.mended.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*mended {
            return Ok(known.clone());
        }
        let (source, target) = (self.original.file(), self.directory.join("mended.pdf"));
        let part = |page: usize| {
            let own = Part { document: source.to_owned(), pages: page..page + 1 };
            if self.damaged[page] { self.blank(page) } else { Ok(own) }
        };
        let parts: Result<Vec<Part>, EngineError> = self.original.pages().map(part).collect();
        let settings_of = self.original.volume().has_layers().then_some(source);
        let made = match qpdf::copy(&parts?, settings_of, &target, self.run.cancellation) {
            Ok(()) => Some(target),
            Err(CommandError::Failed { .. } | CommandError::TimedOut { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        *mended = Some(made.clone());
        Ok(made)
    }

    /// Ghostscript's pages, or the original ones if those are not larger.
    fn smaller(&self, pages: &[usize], document: &Path) -> Result<Vec<(usize, Part)>, EngineError> {
        let compressed = file_length(document)?;
        if compressed >= self.bearable(pages)?
            && let Some(copy) = self.try_copy(pages)?
            && copy.is_faithful()
            && file_length(&copy.document)? <= compressed
        {
            return Ok(in_document(pages, &copy.document));
        }
        Ok(in_document(pages, document))
    }

    /// From this length on the original pages are looked at: the bytes that the pages take in the original. If one of
    /// them is not a single image, that is unknown. Every page of the file counts alike then, and twice, because
    /// Ghostscript makes an image of such a page that redaction can keep as it is.
    fn bearable(&self, pages: &[usize]) -> Result<u64, EngineError> {
        let images: Option<u64> = pages.iter().map(|page| self.original.image_length(*page)).sum();
        if let Some(images) = images {
            return Ok(images);
        }
        let all = self.original.pages().len().max(1) as u64;
        Ok(2 * file_length(self.original.file())? * pages.len() as u64 / all)
    }

    /// The original pages, copied together, so that what they share is stored once. A page that cannot be copied becomes
    /// a picture of itself. Reports which of the two.
    fn keep(&self, pages: &[usize]) -> Result<Vec<(usize, Part)>, EngineError> {
        if pages.is_empty() {
            return Ok(Vec::new());
        }
        match (self.try_copy(pages)?, pages) {
            (Some(copied), _) => {
                let parts = in_document(pages, &copied.document).into_iter().zip(copied.faithful);
                parts
                    .map(|((page, part), is_faithful)| {
                        let part = if is_faithful { self.kept(page, part) } else { self.picture(page)? };
                        Ok((page, part))
                    })
                    .collect()
            }
            (None, [page]) => Ok(vec![(*page, self.picture(*page)?)]),
            (None, _) => {
                let parts: Result<Vec<_>, EngineError> = pages.iter().map(|page| self.keep(&[*page])).collect();
                Ok(parts?.into_iter().flatten().collect())
            }
        }
    }

    fn kept(&self, page: usize, part: Part) -> Part {
        let reason = "Ghostscript cannot rewrite it; it stays as it was uploaded".to_owned();
        self.run.page_problem(page, FailureCode::PageNotCompressed, reason);
        part
    }

    /// The page as it was detected on, as a picture; a blank if it cannot be read any more.
    fn picture(&self, page: usize) -> Result<Part, EngineError> {
        let Some(image) = self.original.drawn(self.run, page)? else { return self.blank(page) };
        let reason = "no program can copy it; a picture of it is kept".to_owned();
        self.run.page_problem(page, FailureCode::PageRedrawn, reason);
        let document = self.file("picture", &[page]);
        let image = StoredImage::from_pixels(image.width, image.height, image.channels, image.pixels);
        PageBuilder::write_image(&document, &self.original.size(page), &image)?;
        Ok(Part { document, pages: 0..1 })
    }

    /// A copy of the original pages; `None` if qpdf cannot copy them.
    fn try_copy(&self, pages: &[usize]) -> Result<Option<Copied>, EngineError> {
        let target = self.file("own", pages);
        let source = self.original.file();
        let parts: Vec<Part> =
            pages.iter().map(|page| Part { document: source.to_owned(), pages: *page..page + 1 }).collect();
        match qpdf::join(&parts, &target, self.run.cancellation) {
            Ok(()) => self.compared(target, pages),
            Err(CommandError::Failed { .. } | CommandError::TimedOut { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Compares every page of a document with the original; `None` if it has another number of pages.
    fn compared(&self, document: PathBuf, pages: &[usize]) -> Result<Option<Copied>, EngineError> {
        let Ok(opened) = CompressedDocument::open(&document) else { return Ok(None) };
        if opened.page_count() != pages.len() {
            return Ok(None);
        }
        let mut reader = None;
        let mut faithful = Vec::with_capacity(pages.len());
        for (local, page) in pages.iter().enumerate() {
            self.run.check_cancelled()?;
            let is_faithful = self.has_size(&opened, local, *page)
                && (self.has_image_of(&opened, local, *page)
                    || self.looks_alike(&opened, &document, &mut reader, local, *page)?);
            faithful.push(is_faithful);
        }
        Ok(Some(Copied { document, faithful }))
    }

    fn has_size(&self, document: &CompressedDocument, local: usize, page: usize) -> bool {
        let (size, displayed) = (self.original.size(page), document.displayed_size(local));
        displayed.is_some_and(|(width, height)| {
            (width - size.width_points).abs() <= SIZE_TOLERANCE && (height - size.height_points).abs() <= SIZE_TOLERANCE
        })
    }

    /// True if the page consists of an image that takes as many bytes as the original: it was copied.
    fn has_image_of(&self, document: &CompressedDocument, local: usize, page: usize) -> bool {
        let original = self.original.image_length(page);
        original.is_some() && document.image_length(local) == original
    }

    /// True if the page shows what the original page showed when it was read. Ghostscript also reports success on pages
    /// that it turned into blanks, or from which it lost an image.
    fn looks_alike(
        &self,
        opened: &CompressedDocument,
        document: &Path,
        reader: &mut Option<CopyReader>,
        local: usize,
        page: usize,
    ) -> Result<bool, EngineError> {
        let Some(seen) = self.original.seen(page)? else { return Ok(false) };
        match opened.image(local) {
            Ok(Some(image)) => return Ok(seen.look.agrees_with(&image.look())),
            Ok(None) => {}
            Err(_) => return Ok(false),
        }
        if reader.is_none() {
            *reader = match self.original.copy_reader(document) {
                Ok(opened) => Some(opened),
                Err(PixelError::NotOpened { .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            };
        }
        Ok(reader.as_ref().is_some_and(|reader| reader.is_like(local, &seen.look, seen.pixels)))
    }

    fn blank(&self, page: usize) -> Result<Part, EngineError> {
        let document = self.file("blank", &[page]);
        PageBuilder::write_blank(&document, &self.original.size(page))?;
        Ok(Part { document, pages: 0..1 })
    }

    /// One document of the given parts, with blanks for the damaged pages. If it exists already, it is not copied.
    fn joined(&self, kind: &str, mut parts: Vec<(usize, Part)>) -> Result<PathBuf, EngineError> {
        for page in self.pages.clone().filter(|page| self.damaged[*page]) {
            parts.push((page, self.blank(page)?));
        }
        parts.sort_by_key(|(page, _)| *page);
        let parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();
        let first = parts.first().map(|part| part.document.clone()).unwrap_or_default();
        let is_whole = parts.iter().enumerate().all(|(i, part)| part.document == first && part.pages == (i..i + 1));
        if is_whole {
            return Ok(first);
        }
        let target = self.directory.join(format!("{kind}-{:05}.pdf", self.pages.start));
        qpdf::join(&parts, &target, self.run.cancellation)?;
        Ok(target)
    }

    fn file(&self, kind: &str, pages: &[usize]) -> PathBuf {
        let (first, last) = (pages.first().copied().unwrap_or(0), pages.last().copied().unwrap_or(0));
        self.directory.join(format!("{kind}-{first:05}-{last:05}.pdf"))
    }
}

fn in_document(pages: &[usize], document: &Path) -> Vec<(usize, Part)> {
    let part = |(i, page): (usize, &usize)| (*page, Part { document: document.to_owned(), pages: i..i + 1 });
    pages.iter().enumerate().map(part).collect()
}

/// Draws the original of every page that is not a single image after compression, for a stage that has to paint on
/// these pages and does not have the original. Returns, for every page, whether it was drawn.
pub(crate) fn draw_other_pages(
    run: &Run<'_>,
    original: &Original<'_>,
    ranges: &[CompressedRange],
) -> Result<Vec<bool>, EngineError> {
    run.subdirectory("drawn")?;
    let drawn: Result<Vec<Vec<bool>>, EngineError> =
        ranges.par_iter().with_max_len(1).map(|range| draw_in_range(run, original, range)).collect();
    Ok(drawn?.into_iter().flatten().collect())
}

fn draw_in_range(run: &Run<'_>, original: &Original<'_>, range: &CompressedRange) -> Result<Vec<bool>, EngineError> {
    let document = CompressedDocument::open(&range.document)?;
    let draw = |(local, page): (usize, usize)| {
        run.check_cancelled()?;
        let StoredPage::Other = document.page(local)? else { return Ok(false) };
        let Some(image) = original.drawn(run, page)? else { return Ok(false) };
        let path = run.directory().join(file_names::drawn(page));
        write_png(&path, image.width, image.height, image.channels, &image.pixels)?;
        Ok(true)
    };
    range.pages.clone().enumerate().map(draw).collect()
}
