//! The file as memory that the kernel fills on demand.

use memmap2::{Mmap, UncheckedAdvice};
use std::fs::File;
use std::io;
use std::path::Path;

/// How far around a touched byte the kernel maps pages that it has at hand.
const FAULT_AROUND: usize = 64 << 10;

/// A read-only mapping of the whole file.
#[derive(Debug)]
pub(super) struct Mapping {
    map: Mmap,
}

impl Mapping {
    /// Maps a file that is not empty.
    #[expect(unsafe_code, reason = "a mapping cannot stop others from writing to the file")]
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the mapping is private to this process and never written to. The input of a run
        // belongs to that run (a download, or a file that its owner leaves alone meanwhile); should
        // somebody rewrite it in place, bytes change under a parser that trusts none of them.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self { map })
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Gives the resident pages of a part back to the kernel, so that reading a volume page by page
    /// does not add up to its size. They come back from the page cache when touched again.
    pub(super) fn release(&self, offset: usize, length: usize) {
        let start = offset.saturating_sub(FAULT_AROUND);
        let end = offset.saturating_add(length).saturating_add(FAULT_AROUND).min(self.map.len());
        if start < end {
            self.drop_resident(start, end - start);
        }
    }

    /// Gives all resident pages back.
    pub(super) fn release_all(&self) {
        self.drop_resident(0, self.map.len());
    }

    #[expect(unsafe_code, reason = "the advice is harmless only on a mapping that is never written")]
    fn drop_resident(&self, offset: usize, length: usize) {
        // SAFETY: a read-only mapping of a file has no private pages to lose; whoever still reads the
        // range sees the same bytes again.
        let advised = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, length) };
        // Only advice: where the kernel refuses it, memory is used longer and nothing else differs.
        drop(advised);
    }
}
