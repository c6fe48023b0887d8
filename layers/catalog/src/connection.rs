//! How Quire connects to PostgreSQL: directly, or behind RDS Proxy or PgBouncer in transaction mode.
//!
//! Such a pooler may run every transaction on another server connection. So nothing here outlives a transaction: no
//! session settings, session locks, LISTEN, or named prepared statements. Every statement runs in a transaction, even a
//! single one, because parsing and executing it are two round trips.

mod unnamed;

use crate::error::CatalogError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use unnamed::Unnamed;

/// The limit for a new connection, and for the ping that finds out whether a connection survived while the function was
/// frozen.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Without sqlx's lock, which belongs to a session.
pub(crate) static MIGRATIONS: Migrator = Migrator { locking: false, ..sqlx::migrate!("../../migrations") };

#[derive(Clone)]
pub struct DatabaseSettings {
    /// A `postgres://` URL. Its parameter `sslmode` selects TLS.
    pub url: String,
}

impl fmt::Debug for DatabaseSettings {
    /// Omits the URL, which may contain a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DatabaseSettings").finish_non_exhaustive()
    }
}

impl DatabaseSettings {
    pub(crate) fn options(&self) -> Result<PgConnectOptions, CatalogError> {
        let options =
            PgConnectOptions::from_str(&self.url).map_err(|error| CatalogError::Settings(error.to_string()))?;
        if options.get_options().is_some() {
            let reason =
                "A pooler does not support start-up options. Remove `options` from the URL, and unset PGOPTIONS.";
            return Err(CatalogError::Settings(reason.to_owned()));
        }
        Ok(options.statement_cache_capacity(0).extra_float_digits(None))
    }
}

/// The catalog of scans. Clones share one connection.
#[derive(Clone, Debug)]
pub struct Catalog {
    pool: PgPool,
}

impl Catalog {
    /// Connects at the first use.
    pub fn new(settings: &DatabaseSettings) -> Result<Self, CatalogError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(true)
            // No background task, because a frozen function does not run any.
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(settings.options()?);
        Ok(Self { pool })
    }

    /// Applies the missing migrations, all of them or none. Concurrent calls wait for one another.
    pub async fn migrate(&self) -> Result<(), CatalogError> {
        let mut transaction = self.pool.begin().await?;
        // The lock ends with the transaction. sqlx names its own statements: the names must not collide with those of an
        // earlier migration on this server connection, and must not stay.
        sqlx::raw_sql("SELECT pg_advisory_xact_lock(7140126); DEALLOCATE ALL").execute(&mut *transaction).await?;
        // Not `run`, whose future cannot be sent between threads.
        MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
        sqlx::raw_sql("DEALLOCATE ALL").execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Closes the connection in an orderly way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static>, CatalogError> {
        Ok(Transaction { inner: self.pool.begin().await? })
    }
}

/// A transaction whose statements have no names. Dropping it rolls it back.
#[derive(Debug)]
pub(crate) struct Transaction<'c> {
    inner: sqlx::Transaction<'c, Postgres>,
}

impl<'c> Transaction<'c> {
    pub(crate) async fn begin_on(connection: &'c mut PgConnection) -> Result<Self, CatalogError> {
        Ok(Self { inner: connection.begin().await? })
    }

    /// Runs statements in this transaction.
    pub(crate) fn executor(&mut self) -> Unnamed<'_> {
        Unnamed::new(&mut self.inner)
    }

    pub(crate) async fn commit(self) -> Result<(), CatalogError> {
        Ok(self.inner.commit().await?)
    }
}
