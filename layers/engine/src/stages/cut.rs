//! Ranges of pages cut from the original at its own quality, each checked against it: what is seen on a cut page is
//! taken for what stands on the page of the volume.

use super::ProcessError;
use crate::compress::blank;
use crate::external::command::CommandError;
use crate::external::qpdf::{self, Part};
use crate::pixels::PixelError;
use crate::process::original::Original;
use crate::process::work::Work;
use crate::source;
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The page alone cannot be cut out: it is lost for detection and reading, so it must not stay readable either.
const NOT_COPIED: &str = "no program can copy it; it stays a blank";

/// Cuts the volume into ranges of `length` pages. Pages that cannot be cut out become damaged ones.
pub(super) fn cut(
    work: &Work<'_>,
    original: &Original<'_>,
    length: usize,
    damaged: &mut [bool],
) -> Result<Vec<(Range<usize>, PathBuf)>, ProcessError> {
    check_count(work, original)?;
    let pages = original.pages().len();
    let ranges = (0..pages).step_by(length.max(1)).map(|start| start..start.saturating_add(length.max(1)).min(pages));
    let cutter = Cutter { work, original, damaged: &*damaged, folder: work.folder("cut")? };
    let ranges: Vec<(usize, Range<usize>)> = ranges.enumerate().collect();
    let cut: Result<Vec<CutFile>, ProcessError> =
        ranges.into_par_iter().with_max_len(1).map(|(number, pages)| cutter.cut(number, pages)).collect();
    let cut = cut?;
    for page in cut.iter().flat_map(|range| &range.lost) {
        work.problem(*page, "page.damaged", NOT_COPIED.to_owned());
        damaged[*page] = true;
    }
    Ok(cut.into_iter().map(|range| (range.pages, range.file)).collect())
}

/// Pages are cut by their place: qpdf must count as we do.
fn check_count(work: &Work<'_>, original: &Original<'_>) -> Result<(), ProcessError> {
    let counted = original.pages().len();
    let claimed = qpdf::page_count(original.file(), work.cancellation)?;
    if claimed == counted { Ok(()) } else { Err(PixelError::PageCount { claimed, counted }.into()) }
}

struct CutFile {
    pages: Range<usize>,
    file: PathBuf,
    lost: Vec<usize>,
}

struct Cutter<'a> {
    work: &'a Work<'a>,
    original: &'a Original<'a>,
    damaged: &'a [bool],
    folder: PathBuf,
}

impl Cutter<'_> {
    fn cut(&self, number: usize, pages: Range<usize>) -> Result<CutFile, ProcessError> {
        self.work.check()?;
        let file = self.work.root().join(format!("range-{number:04}.pdf"));
        let whole = Part { document: self.original.file().to_owned(), pages: pages.clone() };
        let mut lost = Vec::new();
        if !self.try_copy(&[whole], pages.clone(), &file, &|page| !self.damaged[*page])? {
            lost = self.cut_singly(pages.clone(), &file)?;
        }
        self.work.done(pages.len());
        Ok(CutFile { pages, file, lost })
    }

    /// Tries every page alone, and puts a blank in place of each that cannot be cut out. Says which of the others
    /// are lost by that.
    fn cut_singly(&self, pages: Range<usize>, file: &Path) -> Result<Vec<usize>, ProcessError> {
        let (mut parts, mut lost) = (Vec::with_capacity(pages.len()), Vec::new());
        for page in pages.clone() {
            self.work.check()?;
            let own = Part { document: self.original.file().to_owned(), pages: page..page + 1 };
            let alone = self.folder.join(format!("{page:05}.pdf"));
            if self.try_copy(std::slice::from_ref(&own), page..page + 1, &alone, &|page| !self.damaged[*page])? {
                parts.push(own);
                continue;
            }
            parts.push(self.blank(page)?);
            lost.push(page);
        }
        if !self.try_copy(&parts, pages.clone(), file, &|page| !self.damaged[*page] && !lost.contains(page))? {
            // Together they are not what each was alone: nothing of this range can be trusted.
            let blanks: Result<Vec<Part>, ProcessError> = pages.clone().map(|page| self.blank(page)).collect();
            qpdf::copy(&blanks?, None, file, self.work.cancellation)?;
            lost = pages.collect();
        }
        lost.retain(|page| !self.damaged[*page]);
        Ok(lost)
    }

    fn blank(&self, page: usize) -> Result<Part, ProcessError> {
        let document = self.folder.join(format!("blank-{page:05}.pdf"));
        blank::write(&document, &self.original.size(page))?;
        Ok(Part { document, pages: 0..1 })
    }

    /// False when qpdf fails on these pages, or what it wrote is not what they were.
    fn try_copy(
        &self,
        parts: &[Part],
        pages: Range<usize>,
        target: &Path,
        is_good: &dyn Fn(&usize) -> bool,
    ) -> Result<bool, ProcessError> {
        match self.copy(parts, target) {
            Ok(()) => Ok(self.is_faithful(target, pages, is_good)),
            Err(CommandError::Failed { .. } | CommandError::TimedOut { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Which layers are hidden is said by the document, not by its pages.
    fn copy(&self, parts: &[Part], target: &Path) -> Result<(), CommandError> {
        let settings_of = self.original.volume().has_layers().then_some(self.original.file());
        qpdf::copy(parts, settings_of, target, self.work.cancellation)
    }

    /// True when a cut file has exactly these pages, and the good ones of them are what they were.
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
