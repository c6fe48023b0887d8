//! What is delivered: the searchable volume, the redacted volume, the opinions, the sidecars.

mod error;
mod jpeg;
mod page_builder;
mod page_source;
mod searchable;
mod stored_image;

pub use error::OutputError;
pub use page_builder::PageBuilder;
pub use page_source::PageSource;
pub use searchable::{PageText, add_text_layer};
pub use stored_image::StoredImage;
