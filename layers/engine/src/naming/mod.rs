//! Names of volumes and of the files that come out of them (specification, sections 6 and 7).
//!
//! Reporter and volume become directory names and object keys, so nothing gets in here that could leave
//! the directory it belongs to.

mod error;
mod outputs;
mod volume_name;

pub use error::NamingError;
pub use outputs::{image_file, opinion_files};
pub use volume_name::VolumeName;

#[cfg(test)]
mod tests;
