//! The external programs that Quire runs: [`command`] describes a run, [`child`] runs it under limits, and there is
//! one module for each program.

pub mod child;
pub mod command;
pub mod ghostscript;
pub mod launcher;
pub mod qpdf;
pub mod tesseract;
