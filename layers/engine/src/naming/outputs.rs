//! Names of the files that a volume becomes (specification, section 6).

use super::VolumeName;
use std::collections::HashMap;

impl VolumeName {
    /// The whole volume, compressed and searchable: `<reporter>.<volume>.<first>.<last>.pdf`.
    #[must_use]
    pub fn volume_file(&self, first: u32, last: u32) -> String {
        format!("{}.{}.{first}.{last}.pdf", self.reporter(), self.volume())
    }

    /// The whole volume, redacted: `<reporter>.<volume>.<first>.<last>.redacted.pdf`.
    #[must_use]
    pub fn redacted_file(&self, first: u32, last: u32) -> String {
        format!("{}.{}.{first}.{last}.redacted.pdf", self.reporter(), self.volume())
    }
}

/// One name for each opinion, given the first and last number of each, in order:
/// `<reporter>.<volume>.0101-0104.pdf`. Where several opinions have the same pages, each of them gets `-1`, `-2`, …
/// in order, the first one too.
#[must_use]
pub fn opinion_files(name: &VolumeName, pages: &[(u32, u32)]) -> Vec<String> {
    let mut seen: HashMap<(u32, u32), (usize, usize)> = HashMap::new();
    for range in pages {
        seen.entry(*range).or_default().0 += 1;
    }
    pages
        .iter()
        .map(|&(first, last)| {
            let base = format!("{}.{}.{first:04}-{last:04}", name.reporter(), name.volume());
            let (total, used) = seen.entry((first, last)).or_default();
            *used += 1;
            if *total > 1 { format!("{base}-{used}.pdf") } else { format!("{base}.pdf") }
        })
        .collect()
}

/// A picture cut from a page: `<page number>-<its place on the page, from 1>.png`.
#[must_use]
pub fn image_file(page: u32, sequence: usize) -> String {
    format!("{page:04}-{sequence:03}.png")
}
