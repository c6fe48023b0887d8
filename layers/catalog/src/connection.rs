//! How Quire connects to PostgreSQL: directly, or behind RDS Proxy or PgBouncer in transaction mode.
//!
//! Such a pooler may run every transaction on another server connection. So nothing here outlives a transaction: no
//! session settings, session locks, LISTEN, or named prepared statements. Every statement runs in a transaction, even a
//! single one, because parsing and executing it are two round trips.

mod unnamed;

use crate::database::{Database, DatabaseSettings};
use crate::error::CatalogError;
use domain::Actor;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, PgPool, Postgres};
use std::time::Duration;
use time::OffsetDateTime;
use unnamed::Unnamed;

/// The limit for a new connection, and for the ping that finds out whether a connection survived while the function was
/// frozen.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// SQLSTATE of a table that does not exist.
const UNDEFINED_TABLE: &str = "42P01";

/// Without sqlx's lock, which belongs to a session.
pub(crate) static MIGRATIONS: Migrator = Migrator { locking: false, ..sqlx::migrate!("../../migrations") };

/// The catalog of scans. Clones share one connection.
#[derive(Clone, Debug)]
pub struct Catalog {
    pool: PgPool,
    database: Database,
    /// Who acts in its transactions. None for a worker.
    actor: Option<Actor>,
    is_rehearsal: bool,
}

impl Catalog {
    /// Connects at the first use.
    pub fn new(settings: &DatabaseSettings) -> Result<Self, CatalogError> {
        Ok(Self::on(Database::new(settings)?))
    }

    /// Connects at the first use.
    #[must_use]
    pub fn on(database: Database) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(true)
            // No background task, because a frozen function does not run any.
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(database.options());
        Self { pool, database, actor: None, is_rehearsal: false }
    }

    /// The same catalog, whose changes are recorded as made by `actor`. Every event of its transactions has the name.
    #[must_use]
    pub fn acting_as(&self, actor: &Actor) -> Self {
        Self { actor: Some(actor.clone()), ..self.clone() }
    }

    /// The same catalog, whose transactions are rolled back instead of committed. So each method tells what it would do,
    /// by the rules that it always follows, and changes nothing.
    #[must_use]
    pub fn rehearsing(&self) -> Self {
        Self { is_rehearsal: true, ..self.clone() }
    }

    /// Applies the missing migrations, all of them or none, and returns the version of the schema. Concurrent calls wait
    /// for one another.
    pub async fn migrate(&self) -> Result<i64, CatalogError> {
        let mut transaction = self.begin().await?.inner;
        // The lock ends with the transaction. sqlx names its own statements: the names must not collide with those of an
        // earlier migration on this server connection, and must not stay.
        sqlx::raw_sql("SELECT pg_advisory_xact_lock(7140126); DEALLOCATE ALL").execute(&mut *transaction).await?;
        // Not `run`, whose future cannot be sent between threads.
        MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
        sqlx::raw_sql("DEALLOCATE ALL").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(newest_migration())
    }

    /// Closes the connection in an orderly way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Fails if the schema is older than this program. A newer one is fine: every migration keeps the programs of the
    /// release before it working.
    pub async fn require_schema(&self) -> Result<(), CatalogError> {
        let needed = newest_migration();
        let mut transaction = self.begin().await?;
        let found = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(transaction.executor())
            .await;
        let found: Option<i64> = match found {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(UNDEFINED_TABLE) => None,
            found => found?,
        };
        let found = found.unwrap_or_default();
        if found < needed { Err(CatalogError::OldSchema { found, needed }) } else { Ok(()) }
    }

    /// The clock of the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clock(&self) -> Result<OffsetDateTime, CatalogError> {
        self.begin().await?.clock().await
    }

    /// A refusal may mean that the password was changed.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static>, CatalogError> {
        let begun = match self.pool.begin().await.map_err(CatalogError::from) {
            Err(CatalogError::Denied(refusal)) => {
                if !self.database.renew().await? {
                    return Err(CatalogError::Denied(refusal));
                }
                self.pool.set_connect_options(self.database.options());
                self.pool.begin().await?
            }
            begun => begun?,
        };
        let mut transaction = Transaction { inner: begun, is_rehearsal: self.is_rehearsal };
        if let Some(actor) = &self.actor {
            // Until the transaction ends. The column's default of scan_events reads it.
            sqlx::query!("SELECT set_config('quire.actor', $1, true)", actor.as_str())
                .fetch_one(transaction.executor())
                .await?;
        }
        Ok(transaction)
    }
}

fn newest_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// A transaction whose statements have no names. Dropping it rolls it back.
#[derive(Debug)]
pub(crate) struct Transaction<'c> {
    inner: sqlx::Transaction<'c, Postgres>,
    is_rehearsal: bool,
}

impl<'c> Transaction<'c> {
    pub(crate) async fn begin_on(connection: &'c mut PgConnection) -> Result<Self, CatalogError> {
        Ok(Self { inner: connection.begin().await?, is_rehearsal: false })
    }

    /// Runs statements in this transaction.
    pub(crate) fn executor(&mut self) -> Unnamed<'_> {
        Unnamed::new(&mut self.inner)
    }

    /// The clock of the database, by which leases are judged.
    pub(crate) async fn clock(&mut self) -> Result<OffsetDateTime, CatalogError> {
        Ok(sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#).fetch_one(self.executor()).await?)
    }

    pub(crate) async fn commit(self) -> Result<(), CatalogError> {
        let Self { inner, is_rehearsal } = self;
        let ended = if is_rehearsal { inner.rollback().await } else { inner.commit().await };
        Ok(ended?)
    }
}
