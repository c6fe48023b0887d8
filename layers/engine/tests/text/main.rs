//! The words of a page by real programs: Tesseract reads, the text layer is written, `pdftotext` and
//! `pdftoppm` (Debian package poppler-utils) read it back and draw.

#[cfg(test)]
mod extraction;
#[cfg(test)]
mod ink;
#[cfg(test)]
mod recognition;
#[cfg(test)]
mod support;
