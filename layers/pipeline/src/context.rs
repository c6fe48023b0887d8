//! What every function holds: its settings and its ways to the outside.

use crate::configuration::Configuration;
use aws::SdkConfig;
use catalog::{Catalog, CatalogError};
use objects::Objects;
use queues::{Bus, Queues};

/// What every function holds.
#[derive(Debug)]
pub struct Context {
    /// The settings.
    pub configuration: Configuration,
    /// The rows.
    pub catalog: Catalog,
    /// The messages.
    pub queues: Queues,
    /// The files.
    pub objects: Objects,
    /// The ears.
    pub bus: Bus,
}

impl Context {
    /// Connects to nothing yet: every client opens its connection with its first call, so that a cold start is short.
    ///
    /// # Errors
    /// When the database's address cannot be read.
    pub fn new(configuration: Configuration, sdk: &SdkConfig) -> Result<Self, CatalogError> {
        let addresses = &configuration.addresses;
        Ok(Self {
            catalog: Catalog::new(&configuration.database.settings())?,
            queues: Queues::new(sdk, addresses.queue_urls()),
            objects: Objects::new(sdk, addresses.upload_bucket.clone(), addresses.result_bucket.clone()),
            bus: Bus::new(sdk, addresses.event_bus.clone()),
            configuration,
        })
    }
}
