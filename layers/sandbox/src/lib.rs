#![doc = include_str!("../README.md")]

pub mod confinement;
pub mod files;
pub mod launcher;
pub mod limits;
pub mod system_calls;
