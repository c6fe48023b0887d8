//! Where the text of a page stands: its columns.

mod columns;

pub use columns::{find_columns, otsu_threshold};
