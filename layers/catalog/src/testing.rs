//! Databases for tests. Each test creates its own from a template that was migrated once, and drops it.
//!
//! The environment variable [`URL_VARIABLE`] names the cluster. `cargo xtask test` starts one and sets it.

use crate::connection::{Catalog, MIGRATIONS};
use crate::database::DatabaseSettings;
use crate::error::CatalogError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;
use std::thread;
use tokio::sync::Mutex;
use uuid::Uuid;

/// Holds the URL with which an administrator connects to a PostgreSQL cluster for tests.
pub const URL_VARIABLE: &str = "QUIRE_TEST_DATABASE_URL";

/// Serialises the creation of the template among test processes. The number is arbitrary.
const TEMPLATE_LOCK: i64 = 7_140_125;

/// The database of one test. Dropping the value drops the database.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    administrator: PgConnectOptions,
    /// For the test's own statements, which bypass the catalog.
    connection: Mutex<PgConnection>,
}

impl TestDatabase {
    /// Creates a migrated, empty database.
    pub async fn create() -> Result<Self, CatalogError> {
        let administrator = administrator()?;
        let mut connection = administrator.connect().await?;
        let template = template(&mut connection, &administrator).await?;
        let name = format!("quire_test_{}", Uuid::new_v4().simple());
        run(&mut connection, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        connection.close().await?;
        let connection = Mutex::new(administrator.clone().database(&name).connect().await?);
        Ok(Self { name, administrator, connection })
    }

    pub fn settings(&self) -> DatabaseSettings {
        settings(&self.administrator, &self.name)
    }

    /// A catalog on it, with a connection of its own.
    pub fn catalog(&self) -> Result<Catalog, CatalogError> {
        Catalog::new(&self.settings())
    }

    /// Runs statements that bypass the catalog, for example to simulate a fault or the passage of time.
    pub async fn execute(&self, statements: &str) -> Result<(), CatalogError> {
        let mut connection = self.connection.lock().await;
        let outcome = run(&mut connection, statements).await;
        run(&mut connection, "RESET ALL").await?;
        outcome
    }

    /// The result of a query with one column of text and one row.
    pub async fn text(&self, query: &str) -> Result<String, CatalogError> {
        let mut connection = self.connection.lock().await;
        Ok(sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut *connection).await?)
    }

    /// The result of a query with one column of text.
    pub async fn lines(&self, query: &str) -> Result<Vec<String>, CatalogError> {
        let mut connection = self.connection.lock().await;
        Ok(sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut *connection).await?)
    }

    /// Every column of every row about scans, for comparisons.
    pub async fn snapshot(&self) -> Result<String, CatalogError> {
        let of = |table: &str| format!("(SELECT coalesce(jsonb_agg(t ORDER BY t::text), '[]') FROM {table} AS t)");
        let tables = ["scans", "page_ranges", "opinions", "findings", "scan_events", "outbox", "skipped_pages"]
            .map(of)
            .join(" || ");
        self.text(&format!("SELECT jsonb_pretty({tables})")).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let administrator = self.administrator.clone();
        // On a thread, because this one may already be inside a runtime, and a runtime cannot wait inside another.
        let dropping = thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(sqlx::Error::Io)?;
            runtime.block_on(async {
                let mut connection = administrator.connect().await?;
                run(&mut connection, &statement).await
            })
        });
        match dropping.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("The test database {} could not be dropped: {error}", self.name),
            Err(_) => eprintln!("The test database {} could not be dropped.", self.name),
        }
    }
}

fn administrator() -> Result<PgConnectOptions, CatalogError> {
    let url = env::var(URL_VARIABLE).map_err(|_| {
        CatalogError::Settings(format!(
            "{URL_VARIABLE} is not set. These tests need a PostgreSQL cluster. Run `cargo xtask test`, which starts one."
        ))
    })?;
    PgConnectOptions::from_str(&url).map_err(|error| CatalogError::Settings(error.to_string()))
}

fn settings(administrator: &PgConnectOptions, database: &str) -> DatabaseSettings {
    DatabaseSettings { url: administrator.clone().database(database).to_url_lossy().to_string() }
}

/// The name of the migrated template. Creates it if this cluster has none for these migrations.
async fn template(connection: &mut PgConnection, administrator: &PgConnectOptions) -> Result<String, CatalogError> {
    let name = format!("quire_template_{:016x}", migrations());
    run(connection, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await?;
    let made = make_template(connection, administrator, &name).await;
    run(connection, &format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await?;
    made.map(|()| name)
}

async fn make_template(
    connection: &mut PgConnection,
    administrator: &PgConnectOptions,
    name: &str,
) -> Result<(), CatalogError> {
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(&mut *connection)
        .await?;
    if exists {
        return Ok(());
    }
    // Under another name until it is complete, so that a killed test run leaves no incomplete template.
    let draft = format!("{name}_{}", Uuid::new_v4().simple());
    run(connection, &format!("CREATE DATABASE {draft}")).await?;
    let catalog = Catalog::new(&settings(administrator, &draft))?;
    catalog.migrate().await?;
    catalog.close().await;
    run(connection, &format!("ALTER DATABASE {draft} RENAME TO {name}")).await
}

/// A number that changes with the migrations.
fn migrations() -> u64 {
    let mut hasher = DefaultHasher::new();
    for migration in MIGRATIONS.iter() {
        migration.checksum.hash(&mut hasher);
    }
    hasher.finish()
}

async fn run(connection: &mut PgConnection, statements: &str) -> Result<(), CatalogError> {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await?;
    Ok(())
}
