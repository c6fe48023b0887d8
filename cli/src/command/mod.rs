//! One module a subcommand.

pub mod inspect;
pub mod migrate;
pub mod operate;
pub mod pair;
pub mod process;
pub mod scans;
pub mod show;
pub mod upload;
pub mod watch;
