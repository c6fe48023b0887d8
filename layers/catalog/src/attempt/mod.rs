//! One attempt on a scan or a page range: its lease, and how it ends.
//!
//! Every write here is fenced: it checks the lease's token and the status of the row in the statement that changes the
//! row (or under the lock of the scan's row), and changes nothing if either is not what the attempt left.

mod fence;
mod finish_compress;
mod finish_range;
mod finish_split;
mod give_back;
mod lease;
mod return_to_compress;
mod settle;

pub use finish_compress::{FanOut, NewRange};
pub use finish_split::{NewOpinion, Publication};
pub use give_back::GivenBack;
pub(crate) use lease::WORKER_STOPPED;
pub use lease::{Failure, Fenced, Lease, LeaseRules};
pub(crate) use settle::settle;
