//! Draws pages with everything that was detected on them and everything that redaction will cover.

mod canvas;

use crate::cancellation::Cancellation;
use crate::detection::Label;
use crate::error::EngineError;
use crate::external::qpdf::{self, Part};
use crate::geometry::Rect;
use crate::output::{PageBuilder, StoredImage, write_png};
use crate::pairing::{Opinion, pair};
use crate::redact::{Fill, OpinionSpan, margin_rects, plan_page};
use crate::report::{Progress, Step};
use crate::settings::Request;
use crate::steps::detect_pages::detect_volume;
use crate::steps::detected_page::DetectedPage;
use crate::steps::original::{Original, open_original};
use crate::steps::page_numbers::{first_page, numbered_pages};
use crate::steps::read_pages::{PageWords, read};
use crate::steps::redact_pages::{ink, outside_rects, spans};
use crate::steps::run::{Run, hidden_directory};
use crate::volume::Page;
use canvas::Canvas;
use rayon::prelude::*;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How many pages before and after the selected ones are detected too, because the head matter of an opinion can begin
/// on an earlier page.
const CONTEXT_PAGES: usize = 10;

/// Some pages of a volume, counted from 1: `1-4,7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSelection(Vec<RangeInclusive<usize>>);

impl FromStr for PageSelection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| part.trim().parse::<usize>().ok().filter(|number| *number > 0);
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(first..=last)
        };
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.map(Self).ok_or_else(|| format!("{text} is not a list of pages such as 1-4,7"))
    }
}

impl PageSelection {
    fn contains(&self, index: usize) -> bool {
        self.0.iter().any(|range| range.contains(&(index + 1)))
    }
}

/// What is drawn, and into which kind of file.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// None draws all pages.
    pub pages: Option<PageSelection>,
    /// Only boxes with these labels are drawn. None draws all boxes.
    pub labels: Option<Vec<Label>>,
    /// One PDF of all pages instead of a PNG for each.
    pub as_pdf: bool,
}

/// The name of the PDF with all drawn pages.
const DOCUMENT: &str = "inspected.pdf";

/// Draws pages of a volume into the output directory of the request. Returns the files.
///
/// # Errors
/// Any [`EngineError`]; [`EngineError::NoSuchPages`] if the volume has none of the selected pages.
pub fn inspect(
    request: &Request,
    drawing: &Drawing,
    progress: &dyn Progress,
    cancellation: &Cancellation,
) -> Result<Vec<PathBuf>, EngineError> {
    let volume = open_original(&request.input, &request.settings, &request.skipped)?;
    let directory = hidden_directory(&request.output)?;
    let run = Run::new(&request.settings, directory.path(), progress, cancellation)?;
    let original = Original::new(&volume, 0, &run)?;
    run.with_threads(|| inspect_pages(&run, &original, request, drawing))
}

fn inspect_pages(
    run: &Run<'_>,
    original: &Original<'_>,
    request: &Request,
    drawing: &Drawing,
) -> Result<Vec<PathBuf>, EngineError> {
    let (first_page, pages) = (first_page(&request.volume_name_or_default()?), original.pages().len());
    let is_wanted = |index: usize| drawing.pages.as_ref().is_none_or(|selection| selection.contains(index));
    if !original.pages().any(is_wanted) {
        return Err(EngineError::NoSuchPages { pages });
    }
    let near = |index: usize| (index.saturating_sub(CONTEXT_PAGES)..=index + CONTEXT_PAGES).any(is_wanted);
    let detected = run.step(Step::Detect, pages, || detect_volume(run, original, first_page, &near))?;
    let wanted: Vec<DetectedPage> = detected.iter().filter(|page| is_wanted(page.index)).cloned().collect();
    let words = run.settings.ocr.then(|| run.step(Step::Read, pages, || read(run, original, &wanted)));
    let words = words.transpose()?;
    let pages = numbered_pages(&detected, first_page);
    let opinions = pair(&pages, first_page);
    let spans = spans(&pages, &opinions, words.as_ref())?;
    let (output, words) = (request.output.as_path(), words.as_ref());
    let inspection =
        Inspection { run, original, drawing, output, pages: &pages, opinions: &opinions, spans: &spans, words };
    let readable = wanted.par_iter().with_max_len(1).filter(|page| !page.is_damaged);
    let files: Vec<PathBuf> = readable.map(|page| inspection.draw(page.index)).collect::<Result<_, EngineError>>()?;
    if drawing.as_pdf { inspection.join(&files) } else { Ok(files) }
}

struct Inspection<'a> {
    run: &'a Run<'a>,
    original: &'a Original<'a>,
    drawing: &'a Drawing,
    output: &'a Path,
    pages: &'a [Page],
    opinions: &'a [Opinion],
    spans: &'a [OpinionSpan],
    words: Option<&'a PageWords>,
}

impl Inspection<'_> {
    fn draw(&self, index: usize) -> Result<PathBuf, EngineError> {
        self.run.check_cancelled()?;
        let page = &self.pages[index];
        let (width, height) = (page.size.width_pixels as usize, page.size.height_pixels as usize);
        let grey = self.original.read(index)?.into_grey().resized(width, height);
        let mut canvas = Canvas::from_grey(width, height, &grey.pixels);
        let image = StoredImage::from_pixels(width, height, 1, grey.pixels);
        self.shade(&mut canvas, page, &image)?;
        let is_drawn = |label: Label| self.drawing.labels.as_ref().is_none_or(|labels| labels.contains(&label));
        for found in page.detections.iter().filter(|found| is_drawn(found.label)) {
            canvas.labelled_box(&found.rect(), found.label, found.confidence);
        }
        if self.drawing.as_pdf {
            let path = self.run.directory().join(format!("drawn-{:05}.pdf", index + 1));
            let image = StoredImage::from_pixels(width, height, 3, canvas.into_pixels());
            PageBuilder::write_image(&path, &page.size, &image)?;
            return Ok(path);
        }
        let path = self.output.join(format!("page-{:04}.png", index + 1));
        write_png(&path, width, height, 3, canvas.pixels())?;
        Ok(path)
    }

    /// Joins the drawn pages to one document.
    fn join(&self, files: &[PathBuf]) -> Result<Vec<PathBuf>, EngineError> {
        let parts: Vec<Part> = files.iter().map(|file| Part { document: file.clone(), pages: 0..1 }).collect();
        let target = self.output.join(DOCUMENT);
        qpdf::join(&parts, &target, self.run.cancellation)?;
        Ok(vec![target])
    }

    /// Shades what will be covered in black and in white, and frames what belongs to the neighbouring opinions.
    fn shade(&self, canvas: &mut Canvas, page: &Page, image: &StoredImage) -> Result<(), EngineError> {
        let lines = self.words.map(|words| words.load(page.index)).transpose()?.unwrap_or_default();
        let ink = ink(page, image);
        let words: Vec<Rect> = lines.iter().flat_map(|line| &line.words).map(|word| word.rect).collect();
        for strip in margin_rects(page, &ink, &words).rects {
            canvas.shade(&page.size.to_pixels(&strip), Fill::White);
        }
        for cover in plan_page(page, self.spans, &ink, &lines) {
            canvas.shade(&cover.rect, cover.fill);
        }
        for opinion in self.opinions {
            outside_rects(opinion, page).iter().for_each(|rect| canvas.outline_outside(rect));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_are_read() {
        let selection: PageSelection = "1-2, 7".parse().unwrap();
        assert_eq!((0..8).filter(|index| selection.contains(*index)).collect::<Vec<_>>(), [0, 1, 6]);
        for wrong in ["", "0", "4-2", "a", "1-"] {
            assert!(wrong.parse::<PageSelection>().is_err(), "{wrong}");
        }
    }
}
