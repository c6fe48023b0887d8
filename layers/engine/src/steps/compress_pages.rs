//! Makes the pages smaller with Ghostscript. Its output is checked, and replaced by the original pages if those are
//! smaller.

use super::file_names;
use super::original::{Original, OriginalPages};
use super::run::Run;
use crate::error::EngineError;
use crate::external::command::CommandError;
use crate::external::ghostscript;
use crate::external::qpdf::{self, Part};
use crate::geometry::PageSize;
use crate::output::{CompressedDocument, PageBuilder, StoredPage, file_length, write_png};
use domain::FailureCode;
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Most points by which a side of a page may differ after compression.
const SIZE_TOLERANCE: f64 = 0.5;

/// Some pages of the volume, and the PDF that contains exactly them after compression.
pub(crate) struct CompressedRange {
    pub(crate) pages: Range<usize>,
    pub(crate) document: PathBuf,
}

/// Compresses the volume in ranges. Damaged pages become blanks.
pub(crate) fn compress(
    run: &Run<'_>,
    original: &Original<'_>,
    damaged: &[bool],
) -> Result<Vec<CompressedRange>, EngineError> {
    let directory = run.subdirectory("compressed")?;
    let ranges = run.groups(original.pages()).into_par_iter().with_max_len(1);
    ranges.map(|pages| Compression { run, original, damaged, directory: &directory, pages }.compress()).collect()
}

/// The compression of one range.
struct Compression<'a> {
    run: &'a Run<'a>,
    original: &'a Original<'a>,
    damaged: &'a [bool],
    directory: &'a Path,
    pages: Range<usize>,
}

impl Compression<'_> {
    fn compress(self) -> Result<CompressedRange, EngineError> {
        self.run.check_cancelled()?;
        let readable: Vec<usize> = self.pages.clone().filter(|page| !self.damaged[*page]).collect();
        let mut parts = self.compress_pages(&readable)?;
        for page in self.pages.clone().filter(|page| self.damaged[*page]) {
            parts.push((page, self.blank(page)?));
        }
        parts.sort_by_key(|(page, _)| *page);
        let parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();
        let document = self.joined(&parts)?;
        self.run.pages_done(self.pages.len());
        Ok(CompressedRange { pages: self.pages, document })
    }

    /// The place of each page after compression. If Ghostscript fails, the pages are halved until the page that causes
    /// the failure is alone.
    fn compress_pages(&self, pages: &[usize]) -> Result<Vec<(usize, Part)>, EngineError> {
        if pages.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(document) = self.try_ghostscript(pages)? {
            return self.smaller(pages, document);
        }
        if let [page] = pages {
            return Ok(vec![(*page, self.keep(*page)?)]);
        }
        let (first, second) = pages.split_at(pages.len() / 2);
        let mut parts = self.compress_pages(first)?;
        parts.extend(self.compress_pages(second)?);
        Ok(parts)
    }

    /// `None` if Ghostscript failed or did not preserve the pages.
    fn try_ghostscript(&self, pages: &[usize]) -> Result<Option<PathBuf>, EngineError> {
        let target = self.file("small", pages);
        let (source, options) = (self.original.file(), &self.run.settings.compression);
        match ghostscript::compress(source, pages, &target, options, self.run.cancellation) {
            Ok(()) => {}
            Err(CommandError::Failed { .. } | CommandError::TimedOut { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let sizes: Vec<PageSize> = pages.iter().map(|page| self.original.size(*page)).collect();
        Ok(is_faithful(&target, &sizes).then_some(target))
    }

    /// Ghostscript's pages, or the original ones if those are not larger.
    fn smaller(&self, pages: &[usize], document: PathBuf) -> Result<Vec<(usize, Part)>, EngineError> {
        let compressed = file_length(&document)?;
        // Unknown if a page is not a single image.
        let original: Option<u64> = pages.iter().map(|page| self.original.image_length(*page)).sum();
        if let Some(original) = original
            && compressed >= original
            && let Some(copy) = self.try_copy(pages)?
        {
            return Ok(in_document(pages, &copy));
        }
        Ok(in_document(pages, &document))
    }

    /// The original page, or a blank if qpdf cannot copy it. Reports which of the two.
    fn keep(&self, page: usize) -> Result<Part, EngineError> {
        if let Some(document) = self.try_copy(&[page])? {
            let reason = "Ghostscript cannot rewrite it; it stays as it was uploaded".to_owned();
            self.run.page_problem(page, FailureCode::PageNotCompressed, reason);
            return Ok(Part { document, pages: 0..1 });
        }
        let reason = "no program can copy it; it becomes a blank page".to_owned();
        self.run.page_problem(page, FailureCode::PageDamaged, reason);
        self.blank(page)
    }

    /// A copy of the original pages; `None` if qpdf cannot copy them.
    fn try_copy(&self, pages: &[usize]) -> Result<Option<PathBuf>, EngineError> {
        let target = self.file("own", pages);
        let source = self.original.file();
        let parts: Vec<Part> =
            pages.iter().map(|page| Part { document: source.to_owned(), pages: *page..page + 1 }).collect();
        match qpdf::join(&parts, &target, self.run.cancellation) {
            Ok(()) => Ok(Some(target)),
            Err(CommandError::Failed { .. } | CommandError::TimedOut { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn blank(&self, page: usize) -> Result<Part, EngineError> {
        let document = self.file("blank", &[page]);
        PageBuilder::write_blank(&document, &self.original.size(page))?;
        Ok(Part { document, pages: 0..1 })
    }

    /// One document with all parts. If they are one document already, that is not copied.
    fn joined(&self, parts: &[Part]) -> Result<PathBuf, EngineError> {
        let first = parts.first().map(|part| part.document.clone()).unwrap_or_default();
        let is_whole = parts.iter().enumerate().all(|(i, part)| part.document == first && part.pages == (i..i + 1));
        if is_whole {
            return Ok(first);
        }
        let target = self.directory.join(format!("range-{:05}.pdf", self.pages.start));
        qpdf::join(parts, &target, self.run.cancellation)?;
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

/// True if the document has one page for each size, and the image of every page decodes. Ghostscript also reports
/// success on files that it turned into blank pages.
fn is_faithful(document: &Path, sizes: &[PageSize]) -> bool {
    let Ok(document) = CompressedDocument::open(document) else { return false };
    let is_page_faithful = |(index, size): (usize, &PageSize)| {
        let Some((width, height)) = document.displayed_size(index) else { return false };
        (width - size.width_points).abs() <= SIZE_TOLERANCE
            && (height - size.height_points).abs() <= SIZE_TOLERANCE
            && document.has_content(index)
            && document.image(index).is_ok()
    };
    document.page_count() == sizes.len() && sizes.iter().enumerate().all(is_page_faithful)
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
