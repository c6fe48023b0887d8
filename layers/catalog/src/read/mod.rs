//! What readers (the command, the console) see.

mod detail;
mod list;

pub use detail::{Event, OpinionDetail, RangeDetail, ScanDetail, ScanRow};
pub use list::{Filter, ScanSummary};
