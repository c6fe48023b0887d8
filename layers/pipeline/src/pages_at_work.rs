//! The pages that an attempt is working on. If its worker vanishes, one of them may be to blame.

use engine::report::{PageProblem, Progress, Step, StepReport};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The engine's threads write it, and the heartbeat reads it.
#[derive(Debug, Default)]
pub struct PagesAtWork {
    /// Indices in the volume, from 0. A page of which two threads do two things is there twice.
    pages: Mutex<Vec<usize>>,
    begun: Notify,
}

impl PagesAtWork {
    /// The places of the pages, from 1, in order.
    pub fn places(&self) -> Vec<i32> {
        let mut places: Vec<i32> =
            self.lock().iter().filter_map(|index| i32::try_from(index.saturating_add(1)).ok()).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Waits until the work on a page begins, unless one began since the last call.
    pub async fn begun(&self) {
        self.begun.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Vec<usize>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for PagesAtWork {
    fn step_started(&self, _step: Step, _pages: usize) {}

    fn pages_done(&self, _count: usize) {}

    fn page_problem(&self, _problem: &PageProblem) {}

    fn step_finished(&self, _report: &StepReport) {}

    fn work_began(&self, pages: &[usize]) {
        self.lock().extend(pages);
        self.begun.notify_one();
    }

    fn work_ended(&self, pages: &[usize]) {
        let mut at_work = self.lock();
        for page in pages {
            if let Some(place) = at_work.iter().position(|index| index == page) {
                at_work.swap_remove(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_knows_the_pages_that_are_not_done() {
        let pages = PagesAtWork::default();
        pages.work_began(&[4, 3]);
        pages.work_began(&[3]);
        assert_eq!(pages.places(), [4, 5]);
        // Returns at once: both beginnings count as one.
        pages.begun().await;
        pages.work_ended(&[3]);
        assert_eq!(pages.places(), [4, 5]);
        pages.work_ended(&[4, 3, 99]);
        assert_eq!(pages.places(), Vec::<i32>::new());
    }
}
