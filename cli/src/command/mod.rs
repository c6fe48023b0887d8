//! One module a subcommand.

pub mod inspect;
pub mod pair;
pub mod process;
