//! How Quire connects to PostgreSQL: directly, or behind RDS Proxy or PgBouncer in transaction mode.
//!
//! Such a pooler may give every transaction to another server connection. So nothing here outlives a transaction: no
//! session settings, no session locks, no LISTEN, no named prepared statements; and every statement, even a single
//! one, runs inside a transaction, because it is parsed and executed in two round trips.

mod unnamed;

use crate::CatalogError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres, Transaction};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
pub(crate) use unnamed::Unnamed;

/// A ping of a connection that died while the function was frozen, or a new connection, must come back within this.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Without sqlx's lock, which is one of a session.
pub(crate) static MIGRATIONS: Migrator = Migrator { locking: false, ..sqlx::migrate!("../../migrations") };

/// Where the database is.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// A `postgres://` URL; `sslmode` in it says whether TLS is wanted.
    pub url: String,
}

impl fmt::Debug for DatabaseSettings {
    /// Leaves the URL out: it may hold a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DatabaseSettings").finish_non_exhaustive()
    }
}

impl DatabaseSettings {
    pub(crate) fn options(&self) -> Result<PgConnectOptions, CatalogError> {
        let options =
            PgConnectOptions::from_str(&self.url).map_err(|error| CatalogError::Settings(error.to_string()))?;
        if options.get_options().is_some() {
            let reason = "start-up options do not work behind a pooler: take `options` out of the URL and PGOPTIONS";
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
    /// Makes a catalog that connects when it is first used.
    pub fn new(settings: &DatabaseSettings) -> Result<Self, CatalogError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(true)
            // No task in the background: a frozen function has none.
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(settings.options()?);
        Ok(Self { pool })
    }

    /// Applies the migrations that are missing, all of them or none. Several may run at once.
    pub async fn migrate(&self) -> Result<(), CatalogError> {
        let mut transaction = self.pool.begin().await?;
        // The lock is the transaction's, and goes with it. sqlx's own statements have names, which must neither meet
        // those of an earlier migration on this server connection nor stay.
        sqlx::raw_sql("SELECT pg_advisory_xact_lock(7140126); DEALLOCATE ALL").execute(&mut *transaction).await?;
        // Not `run`: its future cannot be sent between threads.
        MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
        sqlx::raw_sql("DEALLOCATE ALL").execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Closes the connection, politely.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) async fn begin(&self) -> Result<Work<'static>, CatalogError> {
        Ok(Work { transaction: self.pool.begin().await? })
    }
}

/// A transaction. Dropping it changes nothing.
#[derive(Debug)]
pub(crate) struct Work<'c> {
    transaction: Transaction<'c, Postgres>,
}

impl<'c> Work<'c> {
    pub(crate) async fn begin_on(connection: &'c mut PgConnection) -> Result<Self, CatalogError> {
        Ok(Self { transaction: connection.begin().await? })
    }

    /// What runs statements in this transaction.
    pub(crate) fn on(&mut self) -> Unnamed<'_> {
        Unnamed::new(&mut self.transaction)
    }

    pub(crate) async fn commit(self) -> Result<(), CatalogError> {
        Ok(self.transaction.commit().await?)
    }
}
