//! The source volume: a PDF that nobody has checked yet. The checks here use the file's own bytes and structure,
//! and reject everything that could harm Ghostscript, qpdf or PDFium before one of them opens the file.
//!
//! The file is mapped into memory and read where needed. An intact 1.3 GB volume takes only as much memory as the
//! pages that its page objects lie in.

mod coded_images;
mod content_stream;
mod cross_reference;
mod file_bytes;
mod filters;
mod graphics_state;
mod image_xobjects;
pub(crate) mod jpeg_header;
mod object_search;
mod objects;
mod page;
mod page_tree;
mod rejection;
mod skipped_pages;
mod source_volume;
mod syntax;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use coded_images::{CodedImage, FaxParameters};
pub use graphics_state::TextPresence;
pub use image_xobjects::SingleImage;
pub use page::{PageKind, SourcePage};
pub(crate) use page_tree::DEFAULT_BOX;
pub use page_tree::{page_size, pixels_at};
pub use rejection::{
    DEFAULT_MAX_FILE_BYTES, DEFAULT_MAX_PAGE_PIXELS, DEFAULT_MAX_PAGE_POINTS, DEFAULT_MAX_PAGES, Limits,
    MAX_CONTENT_BYTES, MIN_PAGE_POINTS, SourceError,
};
pub use skipped_pages::SkippedPages;
pub(crate) use source_volume::CheckableImage;
pub use source_volume::{SourceVolume, check_start, open, open_skipping};
