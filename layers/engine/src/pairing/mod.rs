//! Pairs the boxes of a volume into opinions: where each opinion begins and ends, and which parts of its first and
//! last page belong to its neighbours. See docs/reference-behaviour.md, "Pairing".
//!
//! Everything here is a pure function from boxes to opinions. [`pair`] takes pages as the engine knows them;
//! [`pair_file`] takes only a `detections.json`, which a person may have edited.

mod detections_file;
mod key_icons;
mod opinions;
mod page_body;
mod reading_order;
mod spans;

pub use detections_file::{PagesMeta, PairingError, pages_from_detections, pair_file};
pub use key_icons::key_icons;
pub use opinions::{Opinion, pair, pictures};
pub use page_body::{ColumnEdges, MarginBounds, OutsideRect, TextColumns};
pub use reading_order::{ReadingOrder, ReadingPosition};
