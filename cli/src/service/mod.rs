//! The way to the service: settings, connections, errors, the runtime that waits for answers.

mod connection;
mod environment_file;
mod error;
mod runtime;
mod settings;

pub use connection::{catalog, objects, offline_queues, queues};
pub use error::ServiceError;
pub use runtime::run;
pub use settings::Settings;
