#![doc = include_str!("../README.md")]

pub mod cancellation;
pub mod detection;
pub mod detector;
pub mod error;
pub mod external;
pub mod findings;
pub mod geometry;
pub mod inspect;
pub mod installation;
pub mod layout;
pub mod measures;
pub mod numbering;
pub mod output;
pub mod pairing;
pub mod pixels;
pub mod process;
pub mod redact;
pub mod report;
pub mod settings;
pub mod source;
pub mod stages;
mod steps;
pub mod text;
pub mod volume;
