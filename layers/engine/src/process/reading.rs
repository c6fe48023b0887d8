//! Every page is read once, from its original pixels.

use super::detection::ScannedPage;
use super::error::ProcessError;
use super::original::Original;
use super::work::Work;
use crate::external::command::CommandError;
use crate::external::tesseract::{RecognitionError, Tesseract};
use crate::output::OutputError;
use crate::pixels::{GreyImage, PageImage};
use crate::text::Line;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// One process reads at most this many pages: loading the language costs a twentieth of a page, and a process that
/// fails costs all its pages a second reading.
const MOST_PAGES_A_PROCESS: usize = 5;

/// Where the words of each page lie: a thousand pages of words do not belong in memory.
pub(crate) struct PageWords {
    folder: PathBuf,
}

/// Reads every page that is not damaged.
pub(crate) fn read(
    work: &Work<'_>,
    original: &Original<'_>,
    scanned: &[ScannedPage],
) -> Result<PageWords, ProcessError> {
    let words = PageWords::within(work)?;
    let reading = Reading { work, original, tesseract: work.tesseract(), words };
    reading.tesseract.check()?;
    let readable: Vec<&ScannedPage> = scanned.iter().filter(|page| !page.is_damaged).collect();
    work.done(scanned.len() - readable.len());
    // A bridge hands the batches out in their order: the small ones at the end even out who is done first.
    batches(&readable, work.settings.jobs).par_bridge().try_for_each(|batch| reading.read_batch(batch))?;
    Ok(reading.words)
}

/// The pages in batches that grow smaller towards the end.
fn batches<T>(pages: &[T], jobs: usize) -> impl Iterator<Item = &[T]> + Send
where
    T: Sync,
{
    let mut rest = pages;
    std::iter::from_fn(move || {
        let length = (rest.len() / (2 * jobs.max(1))).clamp(1, MOST_PAGES_A_PROCESS).min(rest.len());
        let (batch, later) = rest.split_at(length);
        rest = later;
        (!batch.is_empty()).then_some(batch)
    })
}

struct Reading<'a> {
    work: &'a Work<'a>,
    original: &'a Original<'a>,
    tesseract: Tesseract,
    words: PageWords,
}

impl Reading<'_> {
    /// A batch that Tesseract fails on is read page by page; a page that it fails on alone stays without words.
    fn read_batch(&self, batch: &[&ScannedPage]) -> Result<(), ProcessError> {
        self.work.check()?;
        match self.try_batch(batch) {
            Err(ProcessError::Tesseract(error)) if is_about_the_page(&error) => match batch {
                [page] => self.work.problem(page.index, "page.not_read", error.to_string()),
                _ => return batch.iter().try_for_each(|page| self.read_batch(&[page])),
            },
            result => result?,
        }
        self.work.done(batch.len());
        Ok(())
    }

    fn try_batch(&self, batch: &[&ScannedPage]) -> Result<(), ProcessError> {
        let images: Result<Vec<PageImage>, ProcessError> = batch.iter().map(|page| self.image(page)).collect();
        let (mut pages, mut images) = (batch, images?);
        // One process reads at one resolution; the pages of a volume rarely have two.
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

    fn image(&self, page: &ScannedPage) -> Result<PageImage, ProcessError> {
        Ok(self.original.read(page.index)?.reduced_to(f64::from(self.work.settings.reading_resolution)))
    }

    /// Stores the lines of pages of one resolution, in pixels at 200 dpi.
    fn read_alike(&self, pages: &[&ScannedPage], images: Vec<PageImage>, dpi: f64) -> Result<(), ProcessError> {
        let images: Vec<GreyImage> = images.into_iter().map(PageImage::into_grey).collect();
        let read = self.tesseract.recognise_pages(&images, dpi)?;
        for ((page, image), lines) in pages.iter().zip(&images).zip(read) {
            let scale_x = f64::from(page.size.width_pixels) / image.width.max(1) as f64;
            let scale_y = f64::from(page.size.height_pixels) / image.height.max(1) as f64;
            let lines: Vec<Line> = lines.iter().map(|line| line.scaled(scale_x, scale_y)).collect();
            self.words.store(page.index, &lines)?;
        }
        Ok(())
    }
}

/// True for failures that another page would not have.
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
    /// The words that lie in the directory under way.
    pub(crate) fn within(work: &Work<'_>) -> Result<Self, ProcessError> {
        Ok(Self { folder: work.folder("words")? })
    }

    /// Where the words of a page lie, if it was read.
    pub(crate) fn file(&self, page: usize) -> PathBuf {
        self.folder.join(format!("{page:05}.json"))
    }

    fn store(&self, page: usize, lines: &[Line]) -> Result<(), OutputError> {
        crate::output::write_json(&self.file(page), lines)
    }

    /// The lines of a page in pixels at 200 dpi; none for a page that was not read.
    pub(crate) fn load(&self, page: usize) -> Result<Vec<Line>, OutputError> {
        let path = self.file(page);
        if path.exists() { read_json(&path) } else { Ok(Vec::new()) }
    }
}

fn read_json(path: &Path) -> Result<Vec<Line>, OutputError> {
    let bytes = std::fs::read(path).map_err(|error| OutputError::io(path, error))?;
    serde_json::from_slice(&bytes).map_err(|error| OutputError::Document { reason: error.to_string() })
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
            prop_assert!(batches.iter().all(|batch| (1..=MOST_PAGES_A_PROCESS).contains(&batch.len())));
            prop_assert!(batches.last().is_none_or(|batch| batch.len() == 1));
        }
    }
}
