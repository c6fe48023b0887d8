//! Reads the words of every page from the original pixels: with Quire's own reader, and with Tesseract where that is
//! not certain or cannot read the language, and where the models know nothing on the page.

use super::detected_page::DetectedPage;
use super::file_names;
use super::original::Original;
use super::run::Run;
use crate::detection::{Detection, Label};
use crate::error::EngineError;
use crate::external::tesseract::{RecognitionError, Tesseract};
use crate::output::{OutputError, read_json, write_json};
use crate::pixels::{GreyImage, PageImage};
use crate::programs::command::CommandError;
use crate::reading::{Reader, Reading, Regions};
use crate::text::Line;
use domain::{FailureCode, PageReader};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The words of the pages, in one file per page: those of a thousand pages would need too much memory.
pub(crate) struct PageWords {
    directory: PathBuf,
    readers: Mutex<BTreeMap<usize, PageReader>>,
}

/// The file of a page.
#[derive(Serialize, Deserialize)]
struct PageText {
    read_by: PageReader,
    /// In pixels at 200 dpi.
    lines: Vec<Line>,
}

/// Reads the pages that are not damaged.
pub(crate) fn read(
    run: &Run<'_>,
    original: &Original<'_>,
    detected: &[DetectedPage],
) -> Result<PageWords, EngineError> {
    let reading = PageReading { run, original, words: PageWords::of(run)? };
    let readable: Vec<&DetectedPage> = detected.iter().filter(|page| !page.is_damaged).collect();
    run.pages_done(detected.len() - readable.len());
    let rest = match run.reader()? {
        Some(reader) => reading.read_certain(reader, &readable)?,
        None => readable,
    };
    reading.read_with_tesseract(&rest)?;
    Ok(reading.words)
}

struct PageReading<'a> {
    run: &'a Run<'a>,
    original: &'a Original<'a>,
    words: PageWords,
}

impl PageReading<'_> {
    /// Reads with Quire's reader. Returns the pages that it cannot read with certainty.
    fn read_certain<'p>(
        &self,
        reader: &Reader,
        pages: &[&'p DetectedPage],
    ) -> Result<Vec<&'p DetectedPage>, EngineError> {
        let read = |page: &&'p DetectedPage| {
            self.run.check_cancelled()?;
            let _at_work = self.run.at_work(vec![page.index]);
            let image = self.image(page)?.into_grey();
            match reader.read(&image, &regions(page, &image))? {
                Reading::Certain(lines) if lines.is_empty() || is_of_a_report(page) => {
                    self.store(page, &image, PageReader::Quire, &lines)?;
                    self.run.pages_done(1);
                    Ok(None)
                }
                Reading::Certain(_) | Reading::Doubtful => Ok(Some(*page)),
            }
        };
        let doubtful: Result<Vec<Option<&DetectedPage>>, EngineError> =
            pages.par_iter().with_max_len(1).map(read).collect();
        Ok(doubtful?.into_iter().flatten().collect())
    }

    fn read_with_tesseract(&self, pages: &[&DetectedPage]) -> Result<(), EngineError> {
        if pages.is_empty() {
            return Ok(());
        }
        let tesseract = self.run.tesseract();
        tesseract.check()?;
        self.run.batches(pages).par_bridge().try_for_each(|batch| self.read_batch(&tesseract, batch))
    }

    /// If Tesseract fails on a batch, its pages are read one by one. A page on which it fails alone gets no words.
    fn read_batch(&self, tesseract: &Tesseract, batch: &[&DetectedPage]) -> Result<(), EngineError> {
        self.run.check_cancelled()?;
        match self.try_batch(tesseract, batch) {
            Err(EngineError::Recognition(error)) if is_about_the_page(&error) => match batch {
                [page] => self.run.page_problem(page.index, FailureCode::PageNotRead, error.to_string()),
                _ => return batch.iter().try_for_each(|page| self.read_batch(tesseract, &[page])),
            },
            result => result?,
        }
        self.run.pages_done(batch.len());
        Ok(())
    }

    fn try_batch(&self, tesseract: &Tesseract, batch: &[&DetectedPage]) -> Result<(), EngineError> {
        let _at_work = self.run.at_work(batch.iter().map(|page| page.index).collect());
        let images: Result<Vec<PageImage>, EngineError> = batch.iter().map(|page| self.image(page)).collect();
        let (mut pages, mut images) = (batch, images?);
        // A process reads at one resolution. The pages of a volume rarely have several.
        while let Some(first) = images.first() {
            let dpi = first.dpi.round();
            let same = images.iter().take_while(|image| (image.dpi - dpi).abs() <= 1.0).count().max(1);
            let later = images.split_off(same);
            let (now, rest) = pages.split_at(same);
            self.read_alike(tesseract, now, std::mem::replace(&mut images, later), dpi)?;
            pages = rest;
        }
        Ok(())
    }

    fn image(&self, page: &DetectedPage) -> Result<PageImage, EngineError> {
        let image = self.original.read(page.index)?.reduced_to(f64::from(self.run.settings.reading_resolution));
        Ok(image.flattened())
    }

    /// Reads pages of one resolution.
    fn read_alike(
        &self,
        tesseract: &Tesseract,
        pages: &[&DetectedPage],
        images: Vec<PageImage>,
        dpi: f64,
    ) -> Result<(), EngineError> {
        let images: Vec<GreyImage> = images.into_iter().map(PageImage::into_grey).collect();
        let read = tesseract.recognise_pages(&images, dpi)?;
        for ((page, image), lines) in pages.iter().zip(&images).zip(read) {
            self.store(page, image, PageReader::Tesseract, &lines)?;
        }
        Ok(())
    }

    /// Stores the lines of a page, which are in pixels of its image.
    fn store(
        &self,
        page: &DetectedPage,
        image: &GreyImage,
        read_by: PageReader,
        lines: &[Line],
    ) -> Result<(), EngineError> {
        let (x, y) = page.size.scale_to(image.width, image.height);
        let lines = lines.iter().map(|line| line.scaled(1.0 / x, 1.0 / y)).collect();
        write_json(&self.words.file(page.index), &PageText { read_by, lines })?;
        self.words.note_reader(page.index, read_by);
        Ok(())
    }
}

/// True if the models know something on the page. Others, such as title pages, forms and letters, need not have the lines
/// that Quire's reader was made for.
fn is_of_a_report(page: &DetectedPage) -> bool {
    page.detections.iter().any(Detection::passes_gate)
}

/// What detection knows of a page, in pixels of an image of it.
fn regions(page: &DetectedPage, image: &GreyImage) -> Regions {
    let (x, y) = page.size.scale_to(image.width, image.height);
    let is_picture = |found: &&Detection| matches!(found.label, Label::Image | Label::KeyIcon) && found.passes_gate();
    let pictures = page.detections.iter().filter(is_picture).map(|found| found.rect().scaled(x, y));
    let gutter = Some(page.columns.midpoint * x).filter(|gutter| *gutter > 0.0);
    Regions { gutter, pictures: pictures.collect() }
}

/// True if Tesseract may succeed on another page.
fn is_about_the_page(error: &RecognitionError) -> bool {
    match error {
        RecognitionError::Hocr(_) => true,
        RecognitionError::Command(error) => matches!(
            error,
            CommandError::Failed { .. } | CommandError::TimedOut { .. } | CommandError::OutputTooLarge { .. }
        ),
        _ => false,
    }
}

impl PageWords {
    /// The words in the directory of a run.
    pub(crate) fn of(run: &Run<'_>) -> Result<Self, EngineError> {
        run.subdirectory("words")?;
        Ok(Self { directory: run.directory().to_owned(), readers: Mutex::default() })
    }

    /// Does not exist if the page was not read.
    pub(crate) fn file(&self, page: usize) -> PathBuf {
        self.directory.join(file_names::words(page))
    }

    /// The lines of a page in pixels at 200 dpi; none if the page was not read.
    pub(crate) fn load(&self, page: usize) -> Result<Vec<Line>, OutputError> {
        Ok(self.text(page)?.map_or_else(Vec::new, |text| text.lines))
    }

    /// Takes over the file of a page that another stage wrote.
    pub(crate) fn accept(&self, page: usize) -> Result<(), OutputError> {
        if let Some(text) = self.text(page)? {
            self.note_reader(page, text.read_by);
        }
        Ok(())
    }

    /// What read each page, by its index.
    pub(crate) fn readers(&self) -> BTreeMap<usize, PageReader> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_reader(&self, page: usize, reader: PageReader) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).insert(page, reader);
    }

    fn text(&self, page: usize) -> Result<Option<PageText>, OutputError> {
        let path = self.file(page);
        if path.exists() { read_json(&path).map(Some) } else { Ok(None) }
    }
}
