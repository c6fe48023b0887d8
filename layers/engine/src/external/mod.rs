//! The external programs that Quire runs, one module for each.

pub mod ghostscript;
pub mod qpdf;
pub mod tesseract;

#[cfg(test)]
mod hostile;
