use crate::configuration::Configuration;
use crate::function::Function;
use aws::SdkConfig;
use catalog::{Catalog, CatalogError};
use objects::Objects;
use queues::{Bus, Queues};

/// The settings and clients of a function. `effects` adds a method for each thing that a function changes with them.
#[derive(Debug)]
pub struct Context {
    pub function: Function,
    pub configuration: Configuration,
    pub catalog: Catalog,
    pub queues: Queues,
    pub objects: Objects,
    pub bus: Bus,
}

impl Context {
    /// Connects to nothing yet: every client connects with its first call, so a cold start is short.
    ///
    /// # Errors
    /// When the database's address cannot be read.
    pub fn new(function: Function, configuration: Configuration, sdk: &SdkConfig) -> Result<Self, CatalogError> {
        let addresses = &configuration.addresses;
        Ok(Self {
            function,
            catalog: Catalog::new(&configuration.database.settings())?,
            queues: Queues::new(sdk, addresses.queues.clone()),
            objects: Objects::new(sdk, addresses.upload_bucket.clone(), addresses.result_bucket.clone()),
            bus: Bus::new(sdk, addresses.event_bus.clone()),
            configuration,
        })
    }
}
