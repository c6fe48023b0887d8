//! Pairs the opinions, covers what is redacted on the pages, and removes the covered words.

use super::compress_pages::CompressedRange;
use super::footnotes::{footnote_pieces, piece_lines, piece_size};
use super::original::OriginalPages;
use super::read_pages::PageWords;
use super::run::Run;
use crate::detection::Label;
use crate::error::EngineError;
use crate::external::qpdf::Part;
use crate::findings::remarks::{PageRemarks, remarks};
use crate::geometry::{PageSize, Rect};
use crate::output::{CompressedDocument, OutputError, PageBuilder, PageText, StoredImage, StoredPage, add_text_layer};
use crate::pairing::{Opinion, pair};
use crate::pixels::GreyImage;
use crate::redact::{
    Fill, Ink, MarginPage, OpinionSpan, Redaction, RedactionPage, highest_headnote, margin_rects, open_spans, plan_page,
};
use crate::text::layer::PageGeometry;
use crate::text::words::remove_under;
use crate::text::{Baseline, Line, Word};
use crate::volume::Page;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An image whose sides differ from the page at 200 dpi by at most this many pixels was only rounded differently.
const ROUNDING: usize = 2;

/// The redacted volume, before it is put together.
pub(crate) struct Redacted {
    pub(crate) pages: Vec<Page>,
    pub(crate) opinions: Vec<Opinion>,
    /// Those of the opinions, then those without a beginning or an end of their own.
    pub(crate) spans: Vec<OpinionSpan>,
    pub(crate) ranges: Vec<RedactedRange>,
}

pub(crate) struct RedactedRange {
    pub(crate) pages: std::ops::Range<usize>,
    /// The PDF of the compressed pages with their words.
    pub(crate) searchable: PathBuf,
    /// The PDF of the redacted pages.
    pub(crate) redacted: PathBuf,
    /// One PDF for each page that an opinion shares with others, with the others whited out: by opinion and page.
    pub(crate) shared: BTreeMap<(usize, usize), PathBuf>,
    /// One PDF for each page on which an opinion ends, with an invisible mark at its key icon: by page. Empty unless
    /// the settings ask for single pages.
    pub(crate) marked: BTreeMap<usize, PathBuf>,
    /// The footnotes of each opinion on each page, one page for each piece: by opinion and page. Empty unless the
    /// settings ask for them.
    pub(crate) footnotes: BTreeMap<(usize, usize), Part>,
    pub(crate) covers: Vec<RedactionPage>,
    pub(crate) margins: Vec<MarginPage>,
    pub(crate) remarks: Vec<PageRemarks>,
}

pub(crate) fn redact(
    run: &Run<'_>,
    original: &dyn OriginalPages,
    first_page: u32,
    pages: Vec<Page>,
    ranges: &[CompressedRange],
    words: Option<&PageWords>,
) -> Result<Redacted, EngineError> {
    let opinions = pair(&pages, first_page);
    let spans = spans(&pages, &opinions, words)?;
    let directory = run.subdirectory("redacted")?;
    let (all, directory) = (pages.as_slice(), directory.as_path());
    let redaction = PageRedaction { run, original, pages: all, opinions: &opinions, spans: &spans, words, directory };
    let redacted: Result<Vec<RedactedRange>, EngineError> =
        ranges.par_iter().with_max_len(1).map(|range| redaction.redact_range(range)).collect();
    let ranges = redacted?;
    Ok(Redacted { pages, opinions, spans, ranges })
}

/// The beginning, the end and the highest headnote of each opinion, also of those that have only one of their ends.
pub(crate) fn spans(
    pages: &[Page],
    opinions: &[Opinion],
    words: Option<&PageWords>,
) -> Result<Vec<OpinionSpan>, EngineError> {
    let closed: Vec<OpinionSpan> = opinions.iter().filter_map(|opinion| span(pages, opinion)).collect();
    let open = open_spans(pages, &closed);
    let lines = |page: usize| words.map_or(Ok(Vec::new()), |words| words.load(page));
    closed
        .into_par_iter()
        .chain(open)
        .map(|mut span| {
            span.highest_headnote = highest_headnote(pages, &span, lines)?;
            Ok(span)
        })
        .collect()
}

fn span(pages: &[Page], opinion: &Opinion) -> Option<OpinionSpan> {
    let caption = (opinion.caption_page, Rect::from(opinion.caption_bbox));
    OpinionSpan::new(pages, caption, (opinion.key_page, Rect::from(opinion.key_bbox)))
}

struct PageRedaction<'a> {
    run: &'a Run<'a>,
    original: &'a dyn OriginalPages,
    pages: &'a [Page],
    opinions: &'a [Opinion],
    spans: &'a [OpinionSpan],
    words: Option<&'a PageWords>,
    directory: &'a Path,
}

/// A page with its covers.
struct PlannedPage {
    image: StoredImage,
    lines: Vec<Line>,
    /// Covers and margins, in pixels at 200 dpi.
    covers: Vec<(Rect, Fill)>,
}

impl PageRedaction<'_> {
    fn redact_range(&self, range: &CompressedRange) -> Result<RedactedRange, EngineError> {
        let document = CompressedDocument::open(&range.document)?;
        if document.page_count() != range.pages.len() {
            let reason =
                format!("a compressed range has {} pages instead of {}", document.page_count(), range.pages.len());
            return Err(OutputError::Document { reason }.into());
        }
        let (mut builder, mut texts) = (PageBuilder::new(), Vec::with_capacity(range.pages.len()));
        let file = |kind: &str| self.directory.join(format!("{kind}-{:05}.pdf", range.pages.start));
        let mut done = RedactedRange {
            pages: range.pages.clone(),
            searchable: file("searchable"),
            redacted: file("redacted"),
            shared: BTreeMap::new(),
            marked: BTreeMap::new(),
            footnotes: BTreeMap::new(),
            covers: Vec::new(),
            margins: Vec::new(),
            remarks: Vec::new(),
        };
        for (local, index) in range.pages.clone().enumerate() {
            self.run.check_cancelled()?;
            let lines = self.words.map(|words| words.load(index)).transpose()?;
            match self.image(&document, local, index)? {
                Some(image) => {
                    self.redact_page(index, image, lines.clone().unwrap_or_default(), &mut builder, &mut done)?
                }
                None => self.blank_page(index, &mut builder, &mut done),
            }
            texts.push(lines.map(|lines| self.page_text(index, lines)));
            self.run.pages_done(1);
        }
        builder.save(&done.redacted)?;
        let document = range.original.as_deref().map(CompressedDocument::open).transpose()?.unwrap_or(document);
        add_text_layer(document, &texts, &done.searchable)?;
        Ok(done)
    }

    /// The image of the compressed page. If it is not a single image, the original is drawn. `None` for a blank.
    fn image(
        &self,
        document: &CompressedDocument,
        local: usize,
        index: usize,
    ) -> Result<Option<StoredImage>, EngineError> {
        match document.page(local)? {
            StoredPage::Blank => Ok(None),
            StoredPage::Image(image) => Ok(Some(image)),
            StoredPage::Other => {
                let drawn = self.original.drawn(self.run, index)?;
                Ok(drawn.map(|drawn| StoredImage::from_pixels(drawn.width, drawn.height, drawn.channels, drawn.pixels)))
            }
        }
    }

    fn blank_page(&self, index: usize, builder: &mut PageBuilder, done: &mut RedactedRange) {
        let size = self.pages[index].size;
        builder.add_blank(&size);
        let (page_width, page_height) = (size.width_points, size.height_points);
        done.margins.push(MarginPage { page_index: index, rects: Vec::new(), page_width, page_height });
    }

    fn redact_page(
        &self,
        index: usize,
        image: StoredImage,
        lines: Vec<Line>,
        builder: &mut PageBuilder,
        done: &mut RedactedRange,
    ) -> Result<(), EngineError> {
        let page = &self.pages[index];
        let ink = ink(page, &image);
        let covers = plan_page(page, self.spans, &ink, &lines);
        done.remarks.push(remarks(index, &lines, &covers, &ink));
        let words: Vec<Rect> = lines.iter().flat_map(|line| &line.words).map(|word| word.rect).collect();
        let margins = margin_rects(page, &ink, &words);
        let planned = PlannedPage { image, lines, covers: all_covers(&page.size, &covers, &margins) };
        let covered = planned.covered(page, &[]);
        covered.add_to(builder, page)?;
        self.shared_pages(page, &planned, done)?;
        if self.run.settings.single_pages {
            self.marked_page(page, &covered, &covers, done)?;
        }
        if self.run.settings.footnotes {
            self.footnotes(page, &covered, &footnote_pieces(page, &ink), done)?;
        }
        if !covers.is_empty() {
            done.covers.push(RedactionPage { page_index: index, rects: covers });
        }
        done.margins.push(margins);
        Ok(())
    }

    /// Writes a version of the page for each opinion that shares it with others.
    fn shared_pages(&self, page: &Page, planned: &PlannedPage, done: &mut RedactedRange) -> Result<(), EngineError> {
        for (number, opinion) in self.opinions.iter().enumerate() {
            let outside: Vec<Rect> = outside_rects(opinion, page);
            if outside.is_empty() {
                continue;
            }
            let mut builder = PageBuilder::new();
            planned.covered(page, &outside).add_to(&mut builder, page)?;
            let path = self.directory.join(format!("opinion-{number:05}-page-{:05}.pdf", page.index));
            builder.save(&path)?;
            done.shared.insert((number, page.index), path);
        }
        Ok(())
    }

    /// Writes a version of the page with a mark at each key icon, if there is one.
    fn marked_page(
        &self,
        page: &Page,
        covered: &CoveredPage,
        covers: &[Redaction],
        done: &mut RedactedRange,
    ) -> Result<(), EngineError> {
        let is_key = |cover: &&Redaction| cover.kind == Label::KeyIcon.name();
        let marks: Vec<Line> = covers.iter().filter(is_key).map(|cover| case_end(&cover.rect)).collect();
        if marks.is_empty() {
            return Ok(());
        }
        let mut builder = PageBuilder::new();
        covered.add_with_marks_to(&mut builder, page, marks)?;
        let path = self.directory.join(format!("marked-page-{:05}.pdf", page.index));
        builder.save(&path)?;
        done.marked.insert(page.index, path);
        Ok(())
    }

    /// Writes the footnotes on the page for each opinion that they belong to. They are cut from the redacted page, so
    /// that nothing that is covered can appear in them.
    fn footnotes(
        &self,
        page: &Page,
        covered: &CoveredPage,
        pieces: &[Rect],
        done: &mut RedactedRange,
    ) -> Result<(), EngineError> {
        let here = |opinion: &Opinion| (opinion.caption_page..=opinion.key_page).contains(&page.index);
        for (number, opinion) in self.opinions.iter().enumerate().filter(|(_, opinion)| here(opinion)) {
            let outside = outside_rects(opinion, page);
            let is_own =
                |piece: &&Rect| !outside.iter().any(|rect| rect.intersection(piece).area() > piece.area() / 2.0);
            let mut builder = PageBuilder::new();
            for piece in pieces.iter().filter(is_own) {
                covered.add_piece_to(&mut builder, page, piece)?;
            }
            let pages = builder.page_count();
            if pages > 0 {
                let document = self.directory.join(format!("opinion-{number:05}-footnotes-{:05}.pdf", page.index));
                builder.save(&document)?;
                done.footnotes.insert((number, page.index), Part { document, pages: 0..pages });
            }
        }
        Ok(())
    }

    fn page_text(&self, index: usize, lines: Vec<Line>) -> PageText {
        let has_own_text = self.original.has_own_text(index);
        PageText { lines, geometry: PageGeometry::of(&self.pages[index].size), has_own_text }
    }
}

impl PlannedPage {
    /// Paints the covers and what is white besides, and removes the words under both.
    fn covered(&self, page: &Page, outside: &[Rect]) -> CoveredPage {
        let white = outside.iter().map(|rect| (*rect, Fill::White));
        let covers: Vec<(Rect, Fill)> = self.covers.iter().copied().chain(white).collect();
        let (mut image, mut lines) = (self.image.clone(), self.lines.clone());
        let (scale_x, scale_y) = page.size.scale_to(image.width(), image.height());
        for (rect, fill) in &covers {
            image.paint(&rect.scaled(scale_x, scale_y), *fill);
        }
        let rects: Vec<Rect> = covers.iter().map(|(rect, _)| *rect).collect();
        remove_under(&mut lines, &rects);
        CoveredPage { image, lines }
    }
}

/// A page after its redaction: the image with the covers painted on it, and the words that are left.
struct CoveredPage {
    image: StoredImage,
    lines: Vec<Line>,
}

impl CoveredPage {
    fn add_to(&self, builder: &mut PageBuilder, page: &Page) -> Result<(), OutputError> {
        builder.add_image(&page.size, &self.image, &self.lines)
    }

    /// Adds the page with more invisible lines, which are in pixels at 200 dpi.
    fn add_with_marks_to(&self, builder: &mut PageBuilder, page: &Page, marks: Vec<Line>) -> Result<(), OutputError> {
        let lines: Vec<Line> = self.lines.iter().cloned().chain(marks).collect();
        builder.add_image(&page.size, &self.image, &lines)
    }

    /// Adds a page that shows only a piece of this one.
    fn add_piece_to(&self, builder: &mut PageBuilder, page: &Page, piece: &Rect) -> Result<(), OutputError> {
        let (scale_x, scale_y) = page.size.scale_to(self.image.width(), self.image.height());
        let cut = self.image.cut(&piece.scaled(scale_x, scale_y));
        builder.add_image(&piece_size(&page.size, piece), &cut, &piece_lines(&self.lines, piece))
    }
}

/// The mark that the reference puts where an opinion ends, for programs that read the pages one by one.
const CASE_END: &str = "<--CASEEND-->";

/// The height of the mark, in pixels at 200 dpi: 8 points.
const CASE_END_SIZE: f64 = 22.0;

/// A line with the mark in the middle of a key icon's cover.
fn case_end(key: &Rect) -> Line {
    let top = key.centre_y() - CASE_END_SIZE / 2.0;
    let rect = Rect::new(key.x0, top, key.x1, top + CASE_END_SIZE);
    let words = vec![Word { text: CASE_END.to_owned(), rect, confidence: 1.0 }];
    Line { words, rect, baseline: Baseline { offset: rect.y1, slope: 0.0 }, size: CASE_END_SIZE }
}

/// The ink of the image, in pixels at 200 dpi. A shadow on the paper is no ink.
pub(crate) fn ink(page: &Page, image: &StoredImage) -> Ink {
    let (width, height) = (page.size.width_pixels as usize, page.size.height_pixels as usize);
    let grey = GreyImage { width: image.width(), height: image.height(), pixels: image.grey() };
    let is_close = grey.width.abs_diff(width) <= ROUNDING && grey.height.abs_diff(height) <= ROUNDING;
    let grey = if is_close { grey.framed(width, height) } else { grey.resized(width, height) };
    Ink::new(width, height, &grey.flattened().pixels)
}

/// Covers and margins, in pixels at 200 dpi. White comes first, so that it never hides a black cover.
fn all_covers(size: &PageSize, covers: &[Redaction], margins: &MarginPage) -> Vec<(Rect, Fill)> {
    let margins = margins.rects.iter().map(|rect| (size.to_pixels(rect), Fill::White));
    let mut all: Vec<(Rect, Fill)> = margins.chain(covers.iter().map(|cover| (cover.rect, cover.fill))).collect();
    all.sort_by_key(|(_, fill)| *fill == Fill::Black);
    all
}

/// The parts of a page that do not belong to the opinion, in pixels at 200 dpi.
pub(crate) fn outside_rects(opinion: &Opinion, page: &Page) -> Vec<Rect> {
    let here = opinion.outside_rects.iter().filter(|outside| outside.page_index == page.index);
    here.map(|outside| page.size.to_pixels(&outside.rect())).collect()
}
