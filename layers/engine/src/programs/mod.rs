//! How programs are run: [`command`] describes a run, [`child`] runs it, confined and under limits, and a `dialogue`
//! asks a running program for answers. [`launcher`] finds `quire-sandbox`, which starts them all.

pub mod child;
pub mod command;
pub(crate) mod dialogue;
pub mod launcher;
