//! Decides what must not be published and where it is: headnotes, their brackets, key icons, running heads.
//! See docs/reference-behaviour.md, "Redaction".
//!
//! Rectangles here are in pixels of the page at 200 dpi. Covers are fitted to the page's ink, so that a line of
//! text is covered completely or not at all.

mod brackets;
mod covers;
mod head_matter_covers;
mod ink;
mod opinion_span;
mod page_areas;
mod seam;

pub use brackets::highest_headnote;
pub(crate) use brackets::{numbers as bracket_numbers, opening_bracket};
pub use covers::{Fill, Redaction, RedactionPage, plan_page};
pub use ink::Ink;
pub use opinion_span::{OpinionSpan, open_spans};
pub use page_areas::{MarginPage, column_of, margin_rects};
