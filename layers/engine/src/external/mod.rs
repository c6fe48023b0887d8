//! The programs that Quire runs: one module a program, and [`command`], which runs them all.

pub mod command;
pub mod ghostscript;
pub mod qpdf;
pub mod tesseract;
