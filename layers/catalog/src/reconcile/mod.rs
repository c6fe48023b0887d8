//! Putting right what nobody is working on.

mod attempts;
mod cursor;
mod outbox;
mod rescue;
mod resend;
mod sample;
mod uploads;

pub use rescue::{RescueOutcome, Rescued};
pub use sample::Sample;
