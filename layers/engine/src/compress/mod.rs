//! Smaller pages: Ghostscript's output, checked, and never larger than what came in.

pub(crate) mod blank;
mod check;
mod error;

pub use error::CompressError;

use crate::cancellation::Cancellation;
use crate::external::command::CommandError;
use crate::external::ghostscript::{self, CompressionOptions};
use crate::external::qpdf::{self, Part};
use crate::geometry::PageSize;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Pages of a volume that are worked on together.
#[derive(Debug, Clone)]
pub struct RangeToCompress<'a> {
    /// The volume as it came.
    pub source: &'a Path,
    /// The pages, from 0.
    pub pages: Range<usize>,
    /// Size of each of these pages.
    pub sizes: &'a [PageSize],
    /// Pages of the range that nobody can read: they become blanks.
    pub damaged: &'a [usize],
    /// Bytes of each page's image as it came, where the page is one image.
    pub image_bytes: &'a [Option<u64>],
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompressedRange {
    /// A document with exactly the pages of the range.
    pub document: PathBuf,
    /// Pages that stay as they came because Ghostscript cannot rewrite them.
    pub failed: Vec<usize>,
    /// Pages that no program can copy: blanks, like the damaged ones.
    pub lost: Vec<usize>,
}

/// Compresses a range into `directory`.
///
/// # Errors
/// When a program is missing, out of time or stopped. A page that Ghostscript fails on is no error.
pub fn compress_range(
    range: &RangeToCompress<'_>,
    directory: &Path,
    options: &CompressionOptions,
    cancellation: &Cancellation,
) -> Result<CompressedRange, CompressError> {
    let mut work = RangeWork { range, directory, options, cancellation, failed: Vec::new(), lost: Vec::new() };
    let readable: Vec<usize> = range.pages.clone().filter(|page| !range.damaged.contains(page)).collect();
    let mut parts = work.compress(&readable)?;
    for page in range.damaged {
        parts.push((*page, work.blank(*page)?));
    }
    parts.sort_by_key(|(page, _)| *page);
    let parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();
    let document = work.whole(&parts)?;
    Ok(CompressedRange { document, failed: work.failed, lost: work.lost })
}

struct RangeWork<'a> {
    range: &'a RangeToCompress<'a>,
    directory: &'a Path,
    options: &'a CompressionOptions,
    cancellation: &'a Cancellation,
    failed: Vec<usize>,
    lost: Vec<usize>,
}

impl RangeWork<'_> {
    /// Each page with where it now lies. What Ghostscript fails on is halved until the page at fault is alone.
    fn compress(&mut self, pages: &[usize]) -> Result<Vec<(usize, Part)>, CompressError> {
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
        let mut parts = self.compress(first)?;
        parts.extend(self.compress(second)?);
        Ok(parts)
    }

    /// `None` when Ghostscript failed on these pages or what it wrote is not what went in.
    fn try_ghostscript(&self, pages: &[usize]) -> Result<Option<PathBuf>, CompressError> {
        let target = self.file("small", pages);
        match ghostscript::compress(self.range.source, pages, &target, self.options, self.cancellation) {
            Ok(()) => {}
            Err(CommandError::Failed { .. } | CommandError::TimedOut { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let sizes: Vec<PageSize> = pages.iter().map(|page| self.size(*page)).collect();
        Ok(check::is_faithful(&target, &sizes).then_some(target))
    }

    /// Ghostscript's pages, or the input's own when those are smaller.
    fn smaller(&self, pages: &[usize], document: PathBuf) -> Result<Vec<(usize, Part)>, CompressError> {
        let compressed = std::fs::metadata(&document).map_err(|error| CompressError::io(&document, error))?.len();
        if let Some(original) = self.original_bytes(pages)
            && compressed >= original
            && let Some(own) = self.try_copy(pages)?
        {
            return Ok(in_document(pages, &own));
        }
        Ok(in_document(pages, &document))
    }

    /// Bytes that the pages' images had; unknown where a page is no single image.
    fn original_bytes(&self, pages: &[usize]) -> Option<u64> {
        pages.iter().map(|page| self.range.image_bytes[page - self.range.pages.start]).sum()
    }

    fn keep(&mut self, page: usize) -> Result<Part, CompressError> {
        if let Some(document) = self.try_copy(&[page])? {
            self.failed.push(page);
            return Ok(Part { document, pages: 0..1 });
        }
        self.lost.push(page);
        self.blank(page)
    }

    /// A copy of the input's own pages; `None` when qpdf cannot copy them.
    fn try_copy(&self, pages: &[usize]) -> Result<Option<PathBuf>, CompressError> {
        let target = self.file("own", pages);
        let source = self.range.source.to_owned();
        let parts: Vec<Part> =
            pages.iter().map(|page| Part { document: source.clone(), pages: *page..page + 1 }).collect();
        match qpdf::join(&parts, &target, self.cancellation) {
            Ok(()) => Ok(Some(target)),
            Err(CommandError::Failed { .. } | CommandError::TimedOut { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn blank(&self, page: usize) -> Result<Part, CompressError> {
        let target = self.file("blank", &[page]);
        blank::write(&target, &self.size(page))?;
        Ok(Part { document: target, pages: 0..1 })
    }

    /// One document with all parts; no copy when it is one already.
    fn whole(&self, parts: &[Part]) -> Result<PathBuf, CompressError> {
        let first = parts.first().map(|part| part.document.clone()).unwrap_or_default();
        let is_whole = parts.iter().enumerate().all(|(i, part)| part.document == first && part.pages == (i..i + 1));
        if is_whole {
            return Ok(first);
        }
        let target = self.directory.join(format!("range-{:05}.pdf", self.range.pages.start));
        qpdf::join(parts, &target, self.cancellation)?;
        Ok(target)
    }

    fn size(&self, page: usize) -> PageSize {
        self.range.sizes[page - self.range.pages.start]
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
