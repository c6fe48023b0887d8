//! People who sign in with OpenID Connect, and the sign-ins that they have begun.

use crate::activity::record_activity;
use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::people::{Person, SecretHash};
use domain::Role;
use serde_json::json;
use std::time::Duration;

/// How often the row of a new person is tried to be written.
const ATTEMPTS: usize = 5;

/// Who somebody is to an issuer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenIdIdentity {
    /// With the subject, the only thing that says who it is.
    pub issuer: String,
    pub subject: String,
    /// What the person is called here from the first sign-in on, if nobody else is.
    pub name: String,
}

/// What became of a sign-in whose identity is proven.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpenIdEntry {
    Allowed(Person),
    /// An admin has revoked the access of this person.
    Revoked(Person),
}

impl Catalog {
    /// Records that a browser with this token was sent to the issuer. `next` is where it goes afterwards.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_openid_sign_in(&self, token: &SecretHash, next: &str) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        sqlx::query!("INSERT INTO openid_sign_ins (token_hash, next) VALUES ($1, $2)", token.as_slice(), next)
            .execute(transaction.executor())
            .await?;
        transaction.commit().await
    }

    /// Uses up the sign-in that this token began, and returns where the browser goes. None if there is none, if it was used
    /// already, or if it is older than `valid_for`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_openid_sign_in(
        &self,
        token: &SecretHash,
        valid_for: Duration,
    ) -> Result<Option<String>, CatalogError> {
        let mut transaction = self.begin().await?;
        let taken = sqlx::query!(
            r#"DELETE FROM openid_sign_ins WHERE token_hash = $1
               RETURNING next, begun_at > clock_timestamp() - make_interval(secs => $2) AS "is_valid!""#,
            token.as_slice(),
            valid_for.as_secs_f64(),
        )
        .fetch_optional(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(taken.filter(|taken| taken.is_valid).map(|taken| taken.next))
    }

    /// The person of an identity, who is created at the first sign-in and gets this role at each one. Nobody is found by
    /// name: if somebody else has it, the new person gets another one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enter_with_openid(&self, identity: &OpenIdIdentity, role: Role) -> Result<OpenIdEntry, CatalogError> {
        let mut transaction = self.begin().await?;
        let entry = match entry(&mut transaction, identity, role).await? {
            OpenIdEntry::Allowed(person) if person.role != role => {
                OpenIdEntry::Allowed(with_role(&mut transaction, person, role).await?)
            }
            entry => entry,
        };
        transaction.commit().await?;
        Ok(entry)
    }

    /// Gives revoked access back to a person who signs in with OpenID Connect. Whoever has a password needs an invitation.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`] for everybody else, or when the database does not answer.
    pub async fn readmit(&self, person: i64) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        let name = sqlx::query_scalar!(
            "UPDATE people SET revoked_at = NULL WHERE id = $1 AND subject IS NOT NULL RETURNING name",
            person,
        )
        .fetch_optional(transaction.executor())
        .await?;
        let nobody = || CatalogError::Invalid("No such person signs in with OpenID Connect.".to_owned());
        let name = name.ok_or_else(nobody)?;
        record_activity(&mut transaction, "readmitted", json!({ "person": name })).await?;
        transaction.commit().await
    }
}

/// Finds or creates the person.
async fn entry(
    transaction: &mut Transaction<'_>,
    identity: &OpenIdIdentity,
    role: Role,
) -> Result<OpenIdEntry, CatalogError> {
    // Nobody is created if another sign-in has just created the same person, or one of the same name.
    for _ in 0..ATTEMPTS {
        if let Some(entry) = known(transaction, identity).await? {
            return Ok(entry);
        }
        if let Some(person) = created(transaction, identity, role).await? {
            return Ok(OpenIdEntry::Allowed(person));
        }
    }
    Err(CatalogError::Invalid("Too many people of the same name sign in at once. Sign in again.".to_owned()))
}

/// Locks the row, so that a revocation comes before or after a sign-in and not in the middle of it.
async fn known(
    transaction: &mut Transaction<'_>,
    identity: &OpenIdIdentity,
) -> Result<Option<OpenIdEntry>, CatalogError> {
    let row = sqlx::query!(
        r#"SELECT id, name, role AS "role: Role", revoked_at IS NOT NULL AS "is_revoked!"
           FROM people WHERE issuer = $1 AND subject = $2 FOR UPDATE"#,
        identity.issuer,
        identity.subject,
    )
    .fetch_optional(transaction.executor())
    .await?;
    Ok(row.map(|row| {
        let person = Person { id: row.id, name: row.name, role: row.role };
        if row.is_revoked { OpenIdEntry::Revoked(person) } else { OpenIdEntry::Allowed(person) }
    }))
}

/// With the first free name of `ada`, `ada 2`, `ada 3`, ….
async fn created(
    transaction: &mut Transaction<'_>,
    identity: &OpenIdIdentity,
    role: Role,
) -> Result<Option<Person>, CatalogError> {
    let person = sqlx::query_as!(
        Person,
        r#"INSERT INTO people (name, role, issuer, subject)
           SELECT free.name, $2, $3, $4
           FROM (
               SELECT number, CASE number WHEN 1 THEN left(lower($1), 100) ELSE left(lower($1), 90) || ' ' || number END AS name
               FROM generate_series(1, 1000) AS number
           ) AS free
           WHERE NOT EXISTS (SELECT FROM people WHERE people.name = free.name)
           ORDER BY number LIMIT 1
           ON CONFLICT DO NOTHING RETURNING id, name, role AS "role: Role""#,
        identity.name,
        role.as_str(),
        identity.issuer,
        identity.subject,
    )
    .fetch_optional(transaction.executor())
    .await?;
    Ok(person)
}

/// Recorded as the change of the person, whose groups at the issuer made it.
async fn with_role(transaction: &mut Transaction<'_>, person: Person, role: Role) -> Result<Person, CatalogError> {
    sqlx::query!("UPDATE people SET role = $2 WHERE id = $1", person.id, role.as_str())
        .execute(transaction.executor())
        .await?;
    sqlx::query!("SELECT set_config('quire.actor', $1, true)", person.name).fetch_one(transaction.executor()).await?;
    let detail = json!({ "person": person.name, "role": role.as_str(), "by": "groups" });
    record_activity(transaction, "role_changed", detail).await?;
    Ok(Person { role, ..person })
}
