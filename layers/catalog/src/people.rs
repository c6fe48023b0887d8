//! The people of the console: accounts, invitations, sessions, and the limits of guessing.
//!
//! Whoever reads the database finds no secret here: passwords are hashed by the caller, and of the tokens of sessions and
//! invitations only the SHA-256 is stored. They are random, so they need no slower hash.

use crate::activity::record_activity;
use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use domain::Role;
use serde_json::json;
use std::time::Duration;
use time::OffsetDateTime;

/// The SHA-256 of a token.
pub type SecretHash = [u8; 32];

/// Somebody who has signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    pub id: i64,
    /// In lower case.
    pub name: String,
    pub role: Role,
}

/// A person in the list of people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonSummary {
    pub id: i64,
    pub name: String,
    pub role: Role,
    /// Whether the person has chosen a password, or signs in with OpenID Connect.
    pub is_member: bool,
    /// Who the person is to the issuer of OpenID Connect, for those who sign in with it.
    pub subject: Option<String>,
    pub created_at: OffsetDateTime,
    pub revoked_at: Option<OffsetDateTime>,
    /// Of any session that still exists.
    pub seen_at: Option<OffsetDateTime>,
    pub sessions: i64,
}

/// Whose invitation it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    pub name: String,
    pub role: Role,
    pub expires_at: OffsetDateTime,
}

/// What is needed to check a password.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInSecret {
    pub person: Person,
    /// In the PHC string format.
    pub password_hash: String,
}

impl std::fmt::Debug for SignInSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SignInSecret").field("person", &self.person).finish_non_exhaustive()
    }
}

/// How many failed attempts to sign in there may be within a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignInLimits {
    pub within: Duration,
    /// For one name, from all addresses together.
    pub for_name: i64,
    /// From one address, for all names together.
    pub from_address: i64,
}

impl Catalog {
    /// Creates a person, or finds the one of this name, and replaces the invitation. An accepted invitation sets a new
    /// password, so this is also how a lost one is replaced. The role of a person who exists is changed, and revoked access
    /// is given back. Whoever signs in with OpenID Connect needs no password, and may have chosen the name: whoever invites
    /// somebody of that name may mean another person.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`] for a person who signs in with OpenID Connect, or when the database does not answer.
    pub async fn invite(
        &self,
        name: &str,
        role: Role,
        token: &SecretHash,
        valid_for: Duration,
    ) -> Result<OffsetDateTime, CatalogError> {
        let mut transaction = self.begin().await?;
        let person = sqlx::query_scalar!(
            "INSERT INTO people (name, role) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET role = excluded.role, revoked_at = NULL
             WHERE people.subject IS NULL RETURNING id",
            name,
            role.as_str(),
        )
        .fetch_optional(transaction.executor())
        .await?;
        let taken = || CatalogError::Invalid("Somebody of this name signs in with OpenID Connect.".to_owned());
        let person = person.ok_or_else(taken)?;
        let expires_at = sqlx::query_scalar!(
            "INSERT INTO invitations (token_hash, person_id, expires_at)
             VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
             ON CONFLICT (person_id) DO UPDATE
             SET token_hash = excluded.token_hash, expires_at = excluded.expires_at
             RETURNING expires_at",
            token.as_slice(),
            person,
            valid_for.as_secs_f64(),
        )
        .fetch_one(transaction.executor())
        .await?;
        record_activity(&mut transaction, "invited", json!({ "person": name, "role": role.as_str() })).await?;
        transaction.commit().await?;
        Ok(expires_at)
    }

    /// The invitation of a token that has not expired.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn invitation(&self, token: &SecretHash) -> Result<Option<Invitation>, CatalogError> {
        let mut transaction = self.begin().await?;
        let invitation = sqlx::query_as!(
            Invitation,
            r#"SELECT name, role AS "role: Role", expires_at
               FROM invitations JOIN people ON people.id = person_id
               WHERE token_hash = $1 AND expires_at > clock_timestamp() AND revoked_at IS NULL"#,
            token.as_slice(),
        )
        .fetch_optional(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(invitation)
    }

    /// Sets the password of an invited person, ends all sessions of the person, and uses the invitation up. None if the
    /// invitation does not exist, has expired, or was used by somebody else in the meantime.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn accept_invitation(
        &self,
        token: &SecretHash,
        password_hash: &str,
    ) -> Result<Option<Person>, CatalogError> {
        let mut transaction = self.begin().await?;
        let person = sqlx::query_as!(
            Person,
            r#"WITH accepted AS (
                   DELETE FROM invitations WHERE token_hash = $1 AND expires_at > clock_timestamp() RETURNING person_id
               )
               UPDATE people SET password_hash = $2
               FROM accepted WHERE people.id = accepted.person_id AND revoked_at IS NULL
               RETURNING id, name, role AS "role: Role""#,
            token.as_slice(),
            password_hash,
        )
        .fetch_optional(transaction.executor())
        .await?;
        if let Some(person) = &person {
            end_sessions(&mut transaction, person.id).await?;
            record_activity(&mut transaction, "password_chosen", json!({ "person": person.name })).await?;
        }
        transaction.commit().await?;
        Ok(person)
    }

    /// Counts an attempt to sign in as failed, until [`Catalog::sign_in`] says otherwise. False if there were too many: the
    /// password must not be looked at then. Attempts for one name, or from one address, are counted one after the other, so
    /// guessing in parallel does not help.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_sign_in(&self, name: &str, address: &str, limits: &SignInLimits) -> Result<bool, CatalogError> {
        let mut transaction = self.begin().await?;
        sqlx::query!(
            "SELECT pg_advisory_xact_lock(least(first, second)), pg_advisory_xact_lock(greatest(first, second))
             FROM (SELECT hashtextextended('name ' || $1, 0), hashtextextended('address ' || $2, 0)) AS keys (first, second)",
            name,
            address,
        )
        .fetch_one(transaction.executor())
        .await?;
        let failures = sqlx::query!(
            r#"SELECT
                   (SELECT count(*) FROM sign_in_failures
                    WHERE name = $1 AND at > clock_timestamp() - make_interval(secs => $3)) AS "of_name!",
                   (SELECT count(*) FROM sign_in_failures
                    WHERE address = $2 AND at > clock_timestamp() - make_interval(secs => $3)) AS "of_address!""#,
            name,
            address,
            limits.within.as_secs_f64(),
        )
        .fetch_one(transaction.executor())
        .await?;
        let is_allowed = failures.of_name < limits.for_name && failures.of_address < limits.from_address;
        if is_allowed {
            sqlx::query!("INSERT INTO sign_in_failures (name, address) VALUES ($1, $2)", name, address)
                .execute(transaction.executor())
                .await?;
        }
        transaction.commit().await?;
        Ok(is_allowed)
    }

    /// What is needed to check a password. None for nobody, for the revoked, and for those who have not chosen one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in_secret(&self, name: &str) -> Result<Option<SignInSecret>, CatalogError> {
        let mut transaction = self.begin().await?;
        let row = sqlx::query!(
            r#"SELECT id, name, role AS "role: Role", password_hash AS "password_hash!"
               FROM people WHERE name = $1 AND password_hash IS NOT NULL AND revoked_at IS NULL"#,
            name,
        )
        .fetch_optional(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(row.map(|row| SignInSecret {
            person: Person { id: row.id, name: row.name, role: row.role },
            password_hash: row.password_hash,
        }))
    }

    /// Begins a session of a person who has proven to be that person, and forgets the failures of this name, and those
    /// without a name, from this address.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in(&self, person: &Person, address: &str, token: &SecretHash) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        sqlx::query!("DELETE FROM sign_in_failures WHERE name IN ($1, '') AND address = $2", person.name, address)
            .execute(transaction.executor())
            .await?;
        sqlx::query!("INSERT INTO sessions (token_hash, person_id) VALUES ($1, $2)", token.as_slice(), person.id)
            .execute(transaction.executor())
            .await?;
        record_activity(&mut transaction, "signed_in", json!({ "address": address })).await?;
        transaction.commit().await
    }

    /// The person of a session that is not older than `lifetime` and was used within `idle`. The use is recorded.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(
        &self,
        token: &SecretHash,
        lifetime: Duration,
        idle: Duration,
    ) -> Result<Option<Person>, CatalogError> {
        let mut transaction = self.begin().await?;
        let row = sqlx::query!(
            r#"SELECT people.id, name, role AS "role: Role",
                   seen_at < clock_timestamp() - interval '1 minute' AS "is_stale!"
               FROM sessions JOIN people ON people.id = person_id
               WHERE token_hash = $1 AND revoked_at IS NULL
                 AND sessions.created_at > clock_timestamp() - make_interval(secs => $2)
                 AND seen_at > clock_timestamp() - make_interval(secs => $3)"#,
            token.as_slice(),
            lifetime.as_secs_f64(),
            idle.as_secs_f64(),
        )
        .fetch_optional(transaction.executor())
        .await?;
        if row.as_ref().is_some_and(|row| row.is_stale) {
            sqlx::query!("UPDATE sessions SET seen_at = clock_timestamp() WHERE token_hash = $1", token.as_slice())
                .execute(transaction.executor())
                .await?;
        }
        transaction.commit().await?;
        Ok(row.map(|row| Person { id: row.id, name: row.name, role: row.role }))
    }

    /// Ends one session.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_out(&self, token: &SecretHash) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        sqlx::query!("DELETE FROM sessions WHERE token_hash = $1", token.as_slice())
            .execute(transaction.executor())
            .await?;
        transaction.commit().await
    }

    /// Ends all sessions of a person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_out_everywhere(&self, person: i64) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        end_sessions(&mut transaction, person).await?;
        record_activity(&mut transaction, "signed_out_everywhere", json!({})).await?;
        transaction.commit().await
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn people(&self) -> Result<Vec<PersonSummary>, CatalogError> {
        let mut transaction = self.begin().await?;
        let people = sqlx::query_as!(
            PersonSummary,
            r#"SELECT people.id, name, role AS "role: Role", subject,
                   (password_hash IS NOT NULL OR subject IS NOT NULL) AS "is_member!",
                   people.created_at, revoked_at, max(seen_at) AS seen_at, count(token_hash) AS "sessions!"
               FROM people LEFT JOIN sessions ON person_id = people.id
               GROUP BY people.id ORDER BY name"#,
        )
        .fetch_all(transaction.executor())
        .await?;
        transaction.commit().await?;
        Ok(people)
    }

    /// Gives a person another role. The last admin keeps the role: nobody could give it back.
    ///
    /// # Errors
    /// [`CatalogError::Invalid`] for the last admin, for nobody, and for people whose groups at the issuer decide, or when
    /// the database does not answer.
    pub async fn change_role(&self, person: i64, role: Role) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        let Changing { name, has_groups } = changing(&mut transaction, person, role == Role::Admin).await?;
        if has_groups {
            let reason = "The groups of this person decide the role, at each sign-in.";
            return Err(CatalogError::Invalid(reason.to_owned()));
        }
        sqlx::query!("UPDATE people SET role = $2 WHERE id = $1", person, role.as_str())
            .execute(transaction.executor())
            .await?;
        record_activity(&mut transaction, "role_changed", json!({ "person": name, "role": role.as_str() })).await?;
        transaction.commit().await
    }

    /// Ends the sessions and the invitation of a person, who cannot sign in any more.
    ///
    /// # Errors
    /// As [`Catalog::change_role`].
    pub async fn revoke(&self, person: i64) -> Result<(), CatalogError> {
        let mut transaction = self.begin().await?;
        let Changing { name, .. } = changing(&mut transaction, person, false).await?;
        sqlx::query!(
            "WITH uninvited AS (DELETE FROM invitations WHERE person_id = $1)
             UPDATE people SET revoked_at = clock_timestamp(), password_hash = NULL WHERE id = $1",
            person,
        )
        .execute(transaction.executor())
        .await?;
        end_sessions(&mut transaction, person).await?;
        record_activity(&mut transaction, "revoked", json!({ "person": name })).await?;
        transaction.commit().await
    }
}

async fn end_sessions(transaction: &mut Transaction<'_>, person: i64) -> Result<(), CatalogError> {
    sqlx::query!("DELETE FROM sessions WHERE person_id = $1", person).execute(transaction.executor()).await?;
    Ok(())
}

/// A person who is about to lose or change a role.
struct Changing {
    name: String,
    /// Whether groups at the issuer decide the role.
    has_groups: bool,
}

/// Fails if nobody would be admin afterwards. Two changes at once wait for one another.
async fn changing(transaction: &mut Transaction<'_>, person: i64, stays_admin: bool) -> Result<Changing, CatalogError> {
    let people = sqlx::query!(
        r#"SELECT id, name, subject IS NOT NULL AS "has_groups!",
               (role = 'admin' AND revoked_at IS NULL AND (password_hash IS NOT NULL OR subject IS NOT NULL)) AS "is_admin!"
           FROM people ORDER BY id FOR UPDATE"#,
    )
    .fetch_all(transaction.executor())
    .await?;
    let is_last = !stays_admin && people.iter().all(|other| other.is_admin == (other.id == person));
    if is_last {
        return Err(CatalogError::Invalid("Nobody else is admin. Make another person admin first.".to_owned()));
    }
    let unknown = || CatalogError::Invalid("There is no such person.".to_owned());
    people
        .into_iter()
        .find(|other| other.id == person)
        .map(|row| Changing { name: row.name, has_groups: row.has_groups })
        .ok_or_else(unknown)
}
