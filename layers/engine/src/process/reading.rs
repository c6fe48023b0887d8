//! The second stage: every page is read once, from its original pixels.

use super::detection::ScannedPage;
use super::error::ProcessError;
use super::work::Work;
use crate::external::tesseract::Tesseract;
use crate::output::OutputError;
use crate::text::Line;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Finer images are reduced to this before they are read: measured, 300 dpi costs a tenth more and reads no better,
/// and 200 dpi would be too coarse for footnotes.
const READING_DPI: f64 = 250.0;

/// Where the words of each page lie: a thousand pages of words do not belong in memory.
pub(super) struct PageWords {
    folder: PathBuf,
}

/// Reads every page that is not damaged.
pub(super) fn read(work: &Work<'_>, scanned: &[ScannedPage]) -> Result<PageWords, ProcessError> {
    let words = PageWords { folder: work.folder("words")? };
    let tesseract = work.tesseract();
    tesseract.check()?;
    scanned.par_iter().with_max_len(1).try_for_each(|page| {
        work.check()?;
        if !page.is_damaged {
            words.store(page.index, &read_page(work, &tesseract, page)?)?;
        }
        work.done(1);
        Ok::<(), ProcessError>(())
    })?;
    Ok(words)
}

/// The lines of a page in pixels at 200 dpi.
fn read_page(work: &Work<'_>, tesseract: &Tesseract, page: &ScannedPage) -> Result<Vec<Line>, ProcessError> {
    let image = work.reader.read(page.index)?.reduced_to(READING_DPI);
    let dpi = image.dpi;
    let grey = image.into_grey();
    let lines = tesseract.recognise(&grey, dpi)?;
    let scale_x = f64::from(page.size.width_pixels) / grey.width.max(1) as f64;
    let scale_y = f64::from(page.size.height_pixels) / grey.height.max(1) as f64;
    Ok(lines.iter().map(|line| line.scaled(scale_x, scale_y)).collect())
}

impl PageWords {
    fn file(&self, page: usize) -> PathBuf {
        self.folder.join(format!("{page:05}.json"))
    }

    fn store(&self, page: usize, lines: &[Line]) -> Result<(), OutputError> {
        crate::output::write_json(&self.file(page), lines)
    }

    /// The lines of a page in pixels at 200 dpi; none for a page that was not read.
    pub(super) fn load(&self, page: usize) -> Result<Vec<Line>, OutputError> {
        let path = self.file(page);
        if path.exists() { read_json(&path) } else { Ok(Vec::new()) }
    }
}

fn read_json(path: &Path) -> Result<Vec<Line>, OutputError> {
    let bytes = std::fs::read(path).map_err(|error| OutputError::io(path, error))?;
    serde_json::from_slice(&bytes).map_err(|error| OutputError::Document { reason: error.to_string() })
}
