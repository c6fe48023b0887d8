//! Page images as pixels in memory.

pub mod image;
