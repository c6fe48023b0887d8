//! Scans in words, for people.

mod ending;
mod event;
mod format;
mod summary;

pub use ending::{Ending, ending_lines};
pub use event::phrase;
pub use format::{Table, age, clock, shortened, timestamp};
pub use summary::{advice, error, error_code, findings, is_provisional, progress, state, volume};

#[cfg(test)]
pub mod testing;
