#![doc = include_str!("../README.md")]

pub mod actions;
pub mod arrival;
mod attempt;
pub mod configuration;
pub mod context;
pub mod cost;
pub mod credentials;
pub mod dead_letters;
mod deadline;
pub mod delete;
pub mod effects;
pub mod error;
mod failpoints;
pub mod function;
mod heartbeat;
mod intake;
pub mod invitation;
pub mod logging;
mod metrics;
mod outbox;
mod pages_at_work;
pub mod rebuild;
pub mod reconcile;
mod retry;
mod runner;
mod scratch;
pub mod secret;
mod serve;
mod stages;

pub use serve::serve;
