use crate::configuration::Configuration;
use crate::credentials;
use crate::function::Function;
use crate::metrics::{Metric, emit};
use aws::SdkConfig;
use catalog::{Catalog, CatalogError, Database};
use objects::Objects;
use queues::{Bus, Queues};
use tokio::sync::OnceCell;

/// The settings and clients of a function. `effects` adds a method for each thing that a function changes with them.
#[derive(Debug)]
pub struct Context {
    pub function: Function,
    pub configuration: Configuration,
    pub catalog: Catalog,
    /// For the heartbeat's own connection.
    pub database: Database,
    is_schema_known: OnceCell<()>,
    pub queues: Queues,
    pub objects: Objects,
    pub bus: Bus,
    /// Whether measurements go to standard output, where Lambda collects them. Not for a person's command.
    pub measures: bool,
}

impl Context {
    /// Connects to nothing but the secret that holds the database's password: every other client connects with its first
    /// call, so a cold start is short.
    ///
    /// # Errors
    /// When the database's address or its secret cannot be read.
    pub async fn new(function: Function, configuration: Configuration, sdk: &SdkConfig) -> Result<Self, CatalogError> {
        let addresses = &configuration.addresses;
        let database = credentials::database(&configuration.database, sdk).await?;
        Ok(Self {
            function,
            catalog: Catalog::on(database.clone()),
            database,
            is_schema_known: OnceCell::new(),
            queues: Queues::new(sdk, addresses.queues.clone()),
            objects: addresses.buckets.objects(sdk),
            bus: Bus::new(sdk, addresses.event_bus.clone()),
            measures: true,
            configuration,
        })
    }

    /// Asks once in the life of a process whether the database has the schema that this program needs. Until it has,
    /// messages return to their queues.
    ///
    /// # Errors
    /// When the schema is too old, or the database does not answer.
    pub async fn require_schema(&self) -> Result<(), CatalogError> {
        self.is_schema_known.get_or_try_init(|| self.catalog.require_schema()).await.copied()
    }

    pub fn emit(&self, measurements: &[(Metric, f64)]) {
        if self.measures {
            emit(self.function, &self.configuration.addresses.stack, measurements);
        }
    }
}
