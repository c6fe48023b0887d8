//! Cuts the original into ranges of pages without loss of quality. Each range is checked against the original, because
//! the results of its pages stand for those of the volume.

use super::original::Original;
use super::run::Run;
use crate::error::EngineError;
use crate::external::qpdf::{self, Part};
use crate::output::PageBuilder;
use crate::programs::command::CommandError;
use crate::source;
use domain::FailureCode;
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Detection and Tesseract cannot see such a page, so it must not stay readable in the results either.
const NOT_COPIED: &str = "no program can copy it; it becomes a blank page";

/// Cuts the volume into ranges of `length` pages. Pages that cannot be copied are added to the damaged ones.
pub(crate) fn cut(
    run: &Run<'_>,
    original: &Original<'_>,
    length: usize,
    damaged: &mut [bool],
) -> Result<Vec<CutFile>, EngineError> {
    let pages = original.pages().len();
    let ranges = (0..pages).step_by(length.max(1)).map(|start| start..start.saturating_add(length.max(1)).min(pages));
    let cutter = Cutter { run, original, damaged: &*damaged, directory: run.subdirectory("cut")? };
    let ranges: Vec<(usize, Range<usize>)> = ranges.enumerate().collect();
    let cut: Result<Vec<CutFile>, EngineError> =
        ranges.into_par_iter().with_max_len(1).map(|(number, pages)| cutter.cut(number, pages)).collect();
    let cut = cut?;
    for page in cut.iter().flat_map(|range| &range.lost) {
        run.page_problem(*page, FailureCode::PageDamaged, NOT_COPIED.to_owned());
        damaged[*page] = true;
    }
    Ok(cut)
}

/// A PDF of some pages of the original.
pub(crate) struct CutFile {
    pub(crate) pages: Range<usize>,
    pub(crate) file: PathBuf,
    /// Pages that could not be copied and were not damaged before.
    lost: Vec<usize>,
}

struct Cutter<'a> {
    run: &'a Run<'a>,
    original: &'a Original<'a>,
    damaged: &'a [bool],
    directory: PathBuf,
}

impl Cutter<'_> {
    fn cut(&self, number: usize, pages: Range<usize>) -> Result<CutFile, EngineError> {
        self.run.check_cancelled()?;
        let file = self.run.directory().join(format!("range-{number:04}.pdf"));
        let parts: Result<Vec<Part>, EngineError> = pages.clone().map(|page| self.part(page)).collect();
        let mut lost = Vec::new();
        if !self.try_copy(&parts?, pages.clone(), &file, &|page| !self.damaged[*page])? {
            lost = self.cut_singly(pages.clone(), &file)?;
        }
        self.run.pages_done(pages.len());
        Ok(CutFile { pages, file, lost })
    }

    /// Copies every page alone and replaces the ones that cannot be copied with blanks. Returns those of them that were
    /// not damaged before.
    fn cut_singly(&self, pages: Range<usize>, file: &Path) -> Result<Vec<usize>, EngineError> {
        let (mut parts, mut lost) = (Vec::with_capacity(pages.len()), Vec::new());
        for page in pages.clone() {
            self.run.check_cancelled()?;
            let own = self.part(page)?;
            let alone = self.directory.join(format!("{page:05}.pdf"));
            if self.try_copy(std::slice::from_ref(&own), page..page + 1, &alone, &|page| !self.damaged[*page])? {
                parts.push(own);
                continue;
            }
            parts.push(self.blank(page)?);
            lost.push(page);
        }
        if !self.try_copy(&parts, pages.clone(), file, &|page| !self.damaged[*page] && !lost.contains(page))? {
            // Each page was copied correctly alone, but not together: no page of this range can be trusted.
            let blanks: Result<Vec<Part>, EngineError> = pages.clone().map(|page| self.blank(page)).collect();
            qpdf::copy(&blanks?, None, file, self.run.cancellation)?;
            lost = pages.collect();
        }
        lost.retain(|page| !self.damaged[*page]);
        Ok(lost)
    }

    /// The page, or a blank if it exceeds a limit: no other machine should have to open it.
    fn part(&self, page: usize) -> Result<Part, EngineError> {
        if self.original.is_refused(page) {
            return self.blank(page);
        }
        Ok(Part { document: self.original.file().to_owned(), pages: page..page + 1 })
    }

    fn blank(&self, page: usize) -> Result<Part, EngineError> {
        let document = self.directory.join(format!("blank-{page:05}.pdf"));
        PageBuilder::write_blank(&document, &self.original.size(page))?;
        Ok(Part { document, pages: 0..1 })
    }

    /// False if qpdf fails on these pages or does not preserve the good ones.
    fn try_copy(
        &self,
        parts: &[Part],
        pages: Range<usize>,
        target: &Path,
        is_good: &dyn Fn(&usize) -> bool,
    ) -> Result<bool, EngineError> {
        match self.copy(parts, target) {
            Ok(()) => Ok(self.is_faithful(target, pages, is_good)),
            Err(CommandError::Failed { .. } | CommandError::TimedOut { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Which layers are hidden is a setting of the document, not of its pages.
    fn copy(&self, parts: &[Part], target: &Path) -> Result<(), CommandError> {
        let settings_of = self.original.volume().has_layers().then_some(self.original.file());
        qpdf::copy(parts, settings_of, target, self.run.cancellation)
    }

    /// True if the file has exactly these pages, and the good ones are unchanged.
    fn is_faithful(&self, file: &Path, pages: Range<usize>, is_good: &dyn Fn(&usize) -> bool) -> bool {
        let volume = self.original.volume();
        let Ok(copy) = source::open(file, volume.limits()) else { return false };
        let sides = |page: &source::SourcePage| [page.width_points, page.height_points];
        copy.pages.len() == pages.len()
            && copy.pages.iter().zip(&volume.pages[pages]).all(|(copied, page)| {
                if is_good(&page.index) { volume.is_page_in(page, &copy, copied) } else { sides(page) == sides(copied) }
            })
    }
}
