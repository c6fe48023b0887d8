//! Tests the words of a page with real programs: Tesseract or Quire's own reader reads the
//! page, Quire writes the text layer, and
//! `pdftotext` and `pdftoppm` (Debian package poppler-utils) extract and draw it.

#[cfg(test)]
mod extraction;
#[cfg(test)]
mod ink;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod recognition;
#[cfg(test)]
#[path = "../support/shared_data.rs"]
mod shared_data;
#[cfg(test)]
mod support;
