//! Pages that a person wants to be skipped, because a program fails on them or is killed by them.

use std::collections::BTreeMap;

/// The pages of a volume that no program may open. Each becomes a blank page of its size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SkippedPages(BTreeMap<usize, String>);

impl SkippedPages {
    /// Adds the page with this index, from 0. `by` is who wants it to be skipped, if that is known.
    pub fn insert(&mut self, index: usize, by: Option<&str>) {
        let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
        self.0.insert(index, format!("it was skipped{by}"));
    }

    /// Why the page is blank, as the end of a sentence. None for a page that is not skipped.
    pub(super) fn reason(&self, index: usize) -> Option<&str> {
        self.0.get(&index).map(String::as_str)
    }

    /// True if a volume of so many pages has all of them.
    pub(crate) fn are_among(&self, pages: usize) -> bool {
        self.0.keys().next_back().is_none_or(|last| *last < pages)
    }
}
