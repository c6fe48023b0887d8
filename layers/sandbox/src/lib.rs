#![doc = include_str!("../README.md")]

pub mod confinement;
mod files;
pub mod launcher;
pub mod limits;
mod pdfium;
pub mod protocol;
mod system_calls;
