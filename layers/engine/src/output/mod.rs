//! Results on disk: PDFs, images, JSON files, and their final place.

mod compressed_document;
mod error;
mod files;
mod jpeg_coding;
mod page_builder;
mod preview;
mod searchable;
mod sidecars;
mod stored_image;

pub use error::OutputError;
pub use files::write_json;

pub(crate) use compressed_document::{CompressedDocument, StoredPage};
pub(crate) use files::{
    check_target, create_directory, file_length, files_under, move_into_place, read_json, write_png,
};
pub(crate) use page_builder::PageBuilder;
pub(crate) use preview::{MOST_PREVIEW_BYTES, preview};
pub(crate) use searchable::{PageText, add_text_layer};
pub(crate) use sidecars::{Sidecars, write_sidecars};
pub(crate) use stored_image::StoredImage;
