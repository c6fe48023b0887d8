//! What a person sees: texts that cannot harm the terminal, columns, times.

mod output;
mod table;
mod times;
mod visible;

pub use output::{print, print_json};
pub use table::Table;
pub use times::{age, clock, megabytes, timestamp};
pub use visible::{shortened, visible, visible_lines};
