#![doc = include_str!("../README.md")]

mod assets;
mod chart;
mod configuration;
mod console;
mod error;
mod frame;
mod guard;
mod openid;
mod overlay;
mod password;
mod screens;
mod serve;
mod signed_in;
mod words;

pub use serve::serve;
