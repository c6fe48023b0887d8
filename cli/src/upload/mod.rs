//! From a file here to a scan in the service.

mod arrival;
mod plan;
mod send;

pub use arrival::{Arrival, arrival};
pub use plan::{Planned, plan};
pub use send::send;
