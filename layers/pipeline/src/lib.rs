//! One attempt of one stage: claim, work, publish, next. And what operators and the reconciler do to scans.
//!
//! Everything that a function writes anywhere goes through [`writes`], so that the tests can end a function before and
//! after each of them.

pub mod attempt;
pub mod configuration;
pub mod context;
mod dispatch;
pub mod error;
pub mod failpoints;
pub mod function;
mod hooks;
mod logging;
pub mod metrics;
pub mod operations;
pub mod reconcile;
pub mod stages;
pub mod writes;
