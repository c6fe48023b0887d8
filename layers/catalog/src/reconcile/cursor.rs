//! How far a sweep came.

use crate::{Catalog, CatalogError};

impl Catalog {
    /// The position that was stored under this name.
    pub async fn cursor(&self, name: &str) -> Result<Option<String>, CatalogError> {
        let _ = name;
        todo!()
    }

    /// Stores a position under this name; none starts from the beginning again.
    pub async fn set_cursor(&self, name: &str, position: Option<&str>) -> Result<(), CatalogError> {
        let _ = (name, position);
        todo!()
    }
}
