//! One attempt on a scan or a page range: its lease, and how it ends.

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
pub use lease::{Failure, Fenced, Lease, LeaseRules};
pub(crate) use settle::settle;
