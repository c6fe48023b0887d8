//! Other programs open the original again and take its pages by their place in the file. If a program found other
//! pages there, redactions would land on the wrong pages.
//!
//! qpdf is asked here, before any work is done. PDFium is asked when it opens the file, and about the size of each
//! page when it draws it. What Ghostscript and qpdf write is compared with the pages as they were detected on.

use super::original::Original;
use super::run::Run;
use crate::error::EngineError;
use crate::external::qpdf;
use crate::pixels::PixelError;
use crate::programs::command::CommandError;
use crate::source::{SourceError, SourcePage};
use std::collections::HashSet;

/// Checks that qpdf finds the same pages in the same order.
///
/// # Errors
/// [`PixelError::PageCount`] and [`PixelError::OtherPage`] if it does not, and [`SourceError::Damaged`] if it cannot
/// list the pages at all.
pub(crate) fn require_agreement(run: &Run<'_>, original: &Original<'_>) -> Result<(), EngineError> {
    let found = qpdf::pages(original.file(), run.cancellation);
    run.check_cancelled()?;
    let found = match found {
        Err(CommandError::Failed { .. }) => {
            return Err(SourceError::Damaged { what: "qpdf cannot list its pages" }.into());
        }
        found => found?,
    };
    compare(&original.volume().pages, &found).map_err(EngineError::from)
}

fn compare(pages: &[SourcePage], found: &[u32]) -> Result<(), PixelError> {
    if found.len() != pages.len() {
        return Err(PixelError::PageCount { claimed: found.len(), counted: pages.len() });
    }
    let mut seen = HashSet::new();
    // qpdf gives a page that is listed again a new number.
    let mut is_other =
        |page: &SourcePage, found: u32| page.object_number.is_some_and(|number| seen.insert(number) && number != found);
    match pages.iter().zip(found).find(|(page, found)| is_other(page, **found)) {
        Some((page, _)) => Err(PixelError::OtherPage { page: page.index + 1 }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{PdfBuilder, file};
    use crate::source::{Limits, open};

    /// Compares a file of three pages, the last two of which are one object, with a list of object numbers.
    fn compared(found: &[u32]) -> Result<(), PixelError> {
        let mut pdf = PdfBuilder::new();
        pdf.root = "/MediaBox[0 0 72 144]".to_owned();
        pdf.object("<</Type/Page>>");
        pdf.object("<</Type/Page>>");
        pdf.kid_as("3 0 R 4 0 R 4 0 R <</Type/Page>>");
        let file = file(&pdf.bytes());
        compare(&open(file.path(), &Limits::default()).unwrap().pages, found)
    }

    #[test]
    fn the_same_objects_agree() {
        assert!(compared(&[3, 4, 9, 8]).is_ok());
        assert!(matches!(compared(&[3, 4, 9]), Err(PixelError::PageCount { claimed: 3, counted: 4 })));
        assert!(matches!(compared(&[4, 3, 9, 8]), Err(PixelError::OtherPage { page: 1 })));
        assert!(matches!(compared(&[3, 5, 9, 8]), Err(PixelError::OtherPage { page: 2 })));
    }
}
