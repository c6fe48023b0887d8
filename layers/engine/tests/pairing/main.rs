//! Pairing through its public interface.

mod bad_files;
mod golden;
mod properties;
mod rules;
mod shared;
mod volumes;
