//! What is delivered: the searchable volume, the redacted volume, the opinions, the sidecars.

mod error;
mod jpeg;
mod page_builder;
mod page_source;
mod placement;
mod png;
mod searchable;
mod sidecars;
mod stored_image;

pub use self::png::write_png;
pub use error::OutputError;
pub use page_builder::PageBuilder;
pub use page_source::PageSource;
pub use placement::{check_target, files_under, move_into_place};
pub use searchable::{PageText, add_text_layer};
pub use sidecars::{Sidecars, write_json, write_sidecars};
pub use stored_image::StoredImage;
