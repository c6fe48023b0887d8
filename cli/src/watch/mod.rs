//! Following scans until they come to their ends.

mod ending;
mod follow;
mod live;
mod view;

pub use ending::Ending;
pub use follow::{Subject, follow};
pub use view::View;
