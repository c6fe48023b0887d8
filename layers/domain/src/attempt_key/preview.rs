//! The names of the previews, which are small pictures of the pages as they were uploaded.

use super::{AttemptKey, AttemptPrefix, ResultKey, Results};
use std::marker::PhantomData;

/// The directory of the previews among the results.
pub const PREVIEWS: &str = "previews";

/// The file of a page's preview among the results: `previews/0001.jpg` for the page with index 0. People count the
/// places of pages from 1.
#[must_use]
pub fn preview_file(page_index: usize) -> String {
    format!("{PREVIEWS}/{:04}.jpg", page_index.saturating_add(1))
}

/// The index of the page whose preview has this name among the results. `None` if it is not the name of a preview.
#[must_use]
pub fn previewed_page(file: &str) -> Option<usize> {
    let place = file.strip_prefix(PREVIEWS)?.strip_prefix('/')?.strip_suffix(".jpg")?;
    let index = place.parse::<usize>().ok()?.checked_sub(1)?;
    // A number has more than one spelling; only ours is the name of a preview.
    (preview_file(index) == file).then_some(index)
}

impl AttemptPrefix<Results> {
    /// The key of a page's preview.
    #[must_use]
    pub fn preview(&self, page_index: usize) -> ResultKey {
        AttemptKey { text: format!("{self}{}", preview_file(page_index)), kind: PhantomData }
    }
}
