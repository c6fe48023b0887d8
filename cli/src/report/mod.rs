//! Scans in words.

mod advice;
mod detail;
mod event;
mod list;
mod outputs;
mod words;

pub use advice::advice;
pub use detail::detail;
pub use event::phrase;
pub use list::list;
pub use outputs::{Output, outputs};
pub use words::{progress, state, volume};

#[cfg(test)]
pub mod testing;
