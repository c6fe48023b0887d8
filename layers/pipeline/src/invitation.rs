//! Invitations to the console: a link with which a person chooses a password, once.

use crate::secret::Token;
use catalog::{Catalog, CatalogError};
use domain::{Actor, Role};
use std::time::Duration;
use time::OffsetDateTime;

/// Long enough for a weekend.
const VALID_FOR: Duration = Duration::from_secs(7 * 86_400);

/// Whoever has the link is the person. So it is shown once and kept nowhere.
#[derive(Debug)]
pub struct Link {
    /// Below the address of the console.
    pub path: String,
    pub expires_at: OffsetDateTime,
}

/// Invites a person, or lets one who exists choose another password. The name is what the person signs in with; upper and
/// lower case do not matter.
///
/// # Errors
/// When the database does not answer.
pub async fn invite(catalog: &Catalog, name: &Actor, role: Role) -> Result<Link, CatalogError> {
    let token = Token::random();
    let name = name.as_str().to_lowercase();
    let expires_at = catalog.invite(&name, role, &token.hash(), VALID_FOR).await?;
    Ok(Link { path: format!("/invitations/{}", token.reveal()), expires_at })
}
