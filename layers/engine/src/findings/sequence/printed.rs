//! What each page carries: its number as decided, and whether that was read on the page.

use crate::detection::Detection;
use crate::findings::PageResults;
use crate::fingerprint::PictureFingerprint;
use crate::numbering::{Reading, choose, is_read};
use crate::volume::PageNumber;
use std::collections::BTreeMap;

/// A number that is further away from all others does not belong to the volume.
pub(super) const FAR: i64 = 20;

/// How the decided number of a page and its readings agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The number was read on the page.
    Read,
    /// Another number was read: this one.
    Contradicted(PageNumber),
    /// The same, but it is in sequence with that of the next or the previous page, and fits the volume. The decided
    /// numbers follow a jump only if enough pages confirm it.
    Shifted(PageNumber),
    /// Nothing was read. The number follows from the other pages.
    Unread,
}

#[derive(Debug)]
pub(super) struct PrintedPage<'a> {
    pub(super) index: usize,
    /// As decided for the volume as a whole.
    pub(super) number: PageNumber,
    pub(super) standing: Standing,
    pub(super) readings: &'a [Reading],
    pub(super) detections: &'a [Detection],
    pub(super) fingerprint: &'a PictureFingerprint,
    pub(super) ink: f64,
    pub(super) is_damaged: bool,
}

impl<'a> PrintedPage<'a> {
    fn new(results: &PageResults<'a>) -> Self {
        let number = results.page.number;
        let standing = match choose(results.readings, number.first.unwrap_or_default()) {
            None => Standing::Unread,
            Some(_) if is_read(results.readings, number) => Standing::Read,
            Some(other) => Standing::Contradicted(other),
        };
        Self {
            index: results.page.index,
            number,
            standing,
            readings: results.readings,
            detections: &results.page.detections,
            fingerprint: &results.measures.fingerprint,
            ink: results.measures.ink,
            is_damaged: results.is_damaged,
        }
    }

    /// What the page carries: what was read on it, or what follows from the other pages.
    pub(super) const fn carried(&self) -> PageNumber {
        match self.standing {
            Standing::Contradicted(other) | Standing::Shifted(other) => other,
            Standing::Read | Standing::Unread => self.number,
        }
    }

    /// True if the number that the page carries can be relied on.
    const fn is_reliable(&self) -> bool {
        matches!(self.standing, Standing::Read | Standing::Shifted(_))
    }

    /// By how much the numbers jump from this page to a later one: 0 if nothing is missing or doubled between them.
    pub(super) fn distance(&self, later: &Self) -> i64 {
        let pages = i64::try_from(later.index).unwrap_or(i64::MAX) - i64::try_from(self.index).unwrap_or(i64::MAX);
        first(later.carried()) - last(self.carried()) - pages
    }
}

pub(super) fn first(number: PageNumber) -> i64 {
    number.first.map_or(0, i64::from)
}

pub(super) fn last(number: PageNumber) -> i64 {
    number.last.or(number.first).map_or(0, i64::from)
}

#[derive(Debug)]
pub(super) struct PrintedVolume<'a> {
    pub(super) pages: Vec<PrintedPage<'a>>,
    /// Every number that a page carries, and the first page that does. The place of a contradicted page counts, too.
    carriers: BTreeMap<i64, usize>,
}

impl<'a> PrintedVolume<'a> {
    pub(super) fn new(pages: &[PageResults<'a>]) -> Self {
        Self { pages: pages.iter().map(PrintedPage::new).collect(), carriers: BTreeMap::new() }.with_carriers()
    }

    /// The same volume, with the contradicted pages of several in sequence as shifted, except some.
    pub(super) fn with_shifted(mut self, is_excepted: impl Fn(usize) -> bool) -> Self {
        let is_open =
            |page: &PrintedPage<'_>| matches!(page.standing, Standing::Contradicted(_)) && !is_excepted(page.index);
        let in_sequence = |a: &PrintedPage<'_>, b: &PrintedPage<'_>| is_open(a) && is_open(b) && a.distance(b) == 0;
        let is_near = |page: &PrintedPage<'_>| (first(page.carried()) - first(page.number)).abs() <= FAR;
        let runs = self.pages.chunk_by(in_sequence).filter(|run| run.len() > 1 && is_near(&run[0]));
        let shifted: Vec<usize> = runs.flatten().map(|page| page.index).collect();
        for index in shifted {
            self.pages[index].standing = Standing::Shifted(self.pages[index].carried());
        }
        self.with_carriers()
    }

    fn with_carriers(self) -> Self {
        let decided = self.pages.iter().filter(|page| !page.is_reliable()).map(|page| (page.index, page.number));
        let read = self.pages.iter().map(|page| (page.index, page.carried()));
        let mut carriers = BTreeMap::new();
        for (index, number) in read.chain(decided) {
            // A range has at most a few numbers: `numbering` refuses wider ones.
            for number in first(number)..=last(number) {
                carriers.entry(number).or_insert(index);
            }
        }
        Self { carriers, ..self }
    }

    /// The pages whose number can be relied on.
    pub(super) fn reliable(&self) -> impl DoubleEndedIterator<Item = &PrintedPage<'a>> {
        self.pages.iter().filter(|page| page.is_reliable())
    }

    /// The pages whose number was read.
    pub(super) fn read(&self) -> impl DoubleEndedIterator<Item = &PrintedPage<'a>> {
        self.pages.iter().filter(|page| page.standing == Standing::Read)
    }

    /// The nearest page before that one whose number can be relied on.
    pub(super) fn reliable_before(&self, index: usize) -> Option<&PrintedPage<'a>> {
        self.pages[..index].iter().rev().find(|page| page.is_reliable())
    }

    /// The nearest page behind that one whose number can be relied on.
    pub(super) fn reliable_after(&self, index: usize) -> Option<&PrintedPage<'a>> {
        self.pages[index + 1..].iter().find(|page| page.is_reliable())
    }

    /// How many numbers of a range are carried by some page.
    pub(super) fn carried_between(&self, range: std::ops::RangeInclusive<i64>) -> usize {
        self.carriers.range(range).count()
    }

    /// The first page with a reading that carries a number.
    pub(super) fn page_that_reads(&self, number: i64, except: usize) -> Option<&PrintedPage<'a>> {
        let reads = |page: &&PrintedPage<'_>| {
            page.index != except
                && page.standing != Standing::Unread
                && (first(page.carried())..=last(page.carried())).contains(&number)
        };
        self.pages.iter().find(reads)
    }
}
