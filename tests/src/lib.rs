#![doc = include_str!("../README.md")]

pub mod assembly;
pub mod bad_inputs;
pub mod command;
pub mod deployed;
pub mod emulator;
pub mod look;
pub mod page_kinds;
pub mod proxy;
pub mod recorder;
pub mod sample;
pub mod score;
pub mod staged;
pub mod template;
pub mod world;

pub use command::quire;
