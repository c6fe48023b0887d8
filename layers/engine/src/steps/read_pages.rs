//! Reads the words of every page with Tesseract, from the original pixels.

use super::detected_page::DetectedPage;
use super::file_names;
use super::original::Original;
use super::run::Run;
use crate::error::EngineError;
use crate::external::tesseract::{RecognitionError, Tesseract};
use crate::output::{OutputError, read_json, write_json};
use crate::pixels::{GreyImage, PageImage};
use crate::programs::command::CommandError;
use crate::text::Line;
use domain::FailureCode;
use rayon::prelude::*;
use std::path::PathBuf;

/// Most pages that one process of Tesseract reads. Loading the language takes a twentieth of the time of a page, and if
/// the process fails, all its pages are read again.
const MOST_PAGES_PER_PROCESS: usize = 5;

/// The words of the pages, in one file per page: those of a thousand pages would need too much memory.
pub(crate) struct PageWords {
    directory: PathBuf,
}

/// Reads the pages that are not damaged.
pub(crate) fn read(
    run: &Run<'_>,
    original: &Original<'_>,
    detected: &[DetectedPage],
) -> Result<PageWords, EngineError> {
    let words = PageWords::of(run)?;
    let reading = PageReading { run, original, tesseract: run.tesseract(), words };
    reading.tesseract.check()?;
    let readable: Vec<&DetectedPage> = detected.iter().filter(|page| !page.is_damaged).collect();
    run.pages_done(detected.len() - readable.len());
    // A bridge hands out the batches in their order. The small ones at the end let all threads end at the same time.
    batches(&readable, run.settings.jobs).par_bridge().try_for_each(|batch| reading.read_batch(batch))?;
    Ok(reading.words)
}

/// Divides the pages into batches that become smaller towards the end.
fn batches<T>(pages: &[T], jobs: usize) -> impl Iterator<Item = &[T]> + Send
where
    T: Sync,
{
    let mut rest = pages;
    std::iter::from_fn(move || {
        let length = (rest.len() / (2 * jobs.max(1))).clamp(1, MOST_PAGES_PER_PROCESS).min(rest.len());
        let (batch, later) = rest.split_at(length);
        rest = later;
        (!batch.is_empty()).then_some(batch)
    })
}

struct PageReading<'a> {
    run: &'a Run<'a>,
    original: &'a Original<'a>,
    tesseract: Tesseract,
    words: PageWords,
}

impl PageReading<'_> {
    /// If Tesseract fails on a batch, its pages are read one by one. A page on which it fails alone gets no words.
    fn read_batch(&self, batch: &[&DetectedPage]) -> Result<(), EngineError> {
        self.run.check_cancelled()?;
        match self.try_batch(batch) {
            Err(EngineError::Recognition(error)) if is_about_the_page(&error) => match batch {
                [page] => self.run.page_problem(page.index, FailureCode::PageNotRead, error.to_string()),
                _ => return batch.iter().try_for_each(|page| self.read_batch(&[page])),
            },
            result => result?,
        }
        self.run.pages_done(batch.len());
        Ok(())
    }

    fn try_batch(&self, batch: &[&DetectedPage]) -> Result<(), EngineError> {
        let _at_work = self.run.at_work(batch.iter().map(|page| page.index).collect());
        let images: Result<Vec<PageImage>, EngineError> = batch.iter().map(|page| self.image(page)).collect();
        let (mut pages, mut images) = (batch, images?);
        // A process reads at one resolution. The pages of a volume rarely have several.
        while let Some(first) = images.first() {
            let dpi = first.dpi.round();
            let same = images.iter().take_while(|image| (image.dpi - dpi).abs() <= 1.0).count().max(1);
            let later = images.split_off(same);
            let (now, rest) = pages.split_at(same);
            self.read_alike(now, std::mem::replace(&mut images, later), dpi)?;
            pages = rest;
        }
        Ok(())
    }

    fn image(&self, page: &DetectedPage) -> Result<PageImage, EngineError> {
        let image = self.original.read(page.index)?.reduced_to(f64::from(self.run.settings.reading_resolution));
        Ok(image.flattened())
    }

    /// Reads pages of one resolution and stores their lines in pixels at 200 dpi.
    fn read_alike(&self, pages: &[&DetectedPage], images: Vec<PageImage>, dpi: f64) -> Result<(), EngineError> {
        let images: Vec<GreyImage> = images.into_iter().map(PageImage::into_grey).collect();
        let read = self.tesseract.recognise_pages(&images, dpi)?;
        for ((page, image), lines) in pages.iter().zip(&images).zip(read) {
            let scale_x = f64::from(page.size.width_pixels) / image.width.max(1) as f64;
            let scale_y = f64::from(page.size.height_pixels) / image.height.max(1) as f64;
            let lines: Vec<Line> = lines.iter().map(|line| line.scaled(scale_x, scale_y)).collect();
            write_json(&self.words.file(page.index), &lines)?;
        }
        Ok(())
    }
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
        Ok(Self { directory: run.directory().to_owned() })
    }

    /// Does not exist if the page was not read.
    pub(crate) fn file(&self, page: usize) -> PathBuf {
        self.directory.join(file_names::words(page))
    }

    /// The lines of a page in pixels at 200 dpi; none if the page was not read.
    pub(crate) fn load(&self, page: usize) -> Result<Vec<Line>, OutputError> {
        let path = self.file(page);
        if path.exists() { read_json(&path) } else { Ok(Vec::new()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_hold_every_page_once_and_end_small(pages in 0usize..300, jobs in 1usize..9) {
            let pages: Vec<usize> = (0..pages).collect();
            let batches: Vec<&[usize]> = batches(&pages, jobs).collect();
            prop_assert_eq!(batches.concat(), pages.clone());
            prop_assert!(batches.iter().all(|batch| (1..=MOST_PAGES_PER_PROCESS).contains(&batch.len())));
            prop_assert!(batches.last().is_none_or(|batch| batch.len() == 1));
        }
    }
}
