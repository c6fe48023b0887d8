//! How Quire connects to PostgreSQL.

use crate::CatalogError;
use std::fmt;

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

/// The catalog of scans. Clones share one connection.
#[derive(Clone, Debug)]
pub struct Catalog {}

impl Catalog {
    /// Makes a catalog that connects when it is first used.
    pub fn new(settings: &DatabaseSettings) -> Result<Self, CatalogError> {
        let _ = settings;
        todo!()
    }

    /// Applies the migrations that are missing.
    pub async fn migrate(&self) -> Result<(), CatalogError> {
        todo!()
    }
}
