//! How far a sweep came.

use crate::connection::Work;
use crate::{Catalog, CatalogError};

impl Catalog {
    /// The position that was stored under this name.
    pub async fn cursor(&self, name: &str) -> Result<Option<String>, CatalogError> {
        let mut work = self.begin().await?;
        let position =
            sqlx::query_scalar!("SELECT position FROM cursors WHERE name = $1", name).fetch_optional(work.on()).await?;
        work.commit().await?;
        Ok(position)
    }

    /// Stores a position under this name; none starts from the beginning again.
    pub async fn set_cursor(&self, name: &str, position: Option<&str>) -> Result<(), CatalogError> {
        let mut work = self.begin().await?;
        match position {
            Some(position) => store(&mut work, name, position).await?,
            None => {
                sqlx::query!("DELETE FROM cursors WHERE name = $1", name).execute(work.on()).await?;
            }
        }
        work.commit().await
    }
}

async fn store(work: &mut Work<'_>, name: &str, position: &str) -> Result<(), CatalogError> {
    sqlx::query!(
        "INSERT INTO cursors (name, position) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated_at = clock_timestamp()",
        name,
        position,
    )
    .execute(work.on())
    .await?;
    Ok(())
}
