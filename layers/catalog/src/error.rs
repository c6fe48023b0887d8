//! Errors of the database.

use domain::{FailureCode, ScanId, Status};
use enum_assoc::Assoc;

#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum CatalogError {
    /// The database cannot be reached, is restarting, is out of connections, or aborted the transaction because of a
    /// concurrent one. Nothing was changed, or the answer to a commit was lost. It is safe to do the same again.
    #[error("The database cannot be reached: {0}.")]
    #[assoc(code = FailureCode::CatalogUnreachable)]
    Unreachable(#[source] sqlx::Error),
    /// The credentials, the name of the database, or the permissions are wrong.
    #[error("The database refuses access: {0}.")]
    #[assoc(code = FailureCode::CatalogDenied)]
    Denied(#[source] sqlx::Error),
    /// This crate has a fault, or migrations are missing.
    #[error("The database refused a statement: {0}.")]
    #[assoc(code = FailureCode::CatalogStatement)]
    Statement(#[source] sqlx::Error),
    #[error("The database settings are not valid: {0}")]
    #[assoc(code = FailureCode::CatalogSettings)]
    Settings(String),
    /// The reason is a full sentence.
    #[error("The credentials of the database cannot be read. {0}")]
    #[assoc(code = FailureCode::CatalogCredentials)]
    Credentials(String),
    #[error("The database has schema version {found}, and this program needs version {needed}.")]
    #[assoc(code = FailureCode::CatalogOldSchema)]
    OldSchema { found: i64, needed: i64 },
    #[error("A migration failed: {0}.")]
    #[assoc(code = FailureCode::CatalogMigration)]
    Migration(#[source] Box<sqlx::migrate::MigrateError>),
    /// The caller passed something that cannot be stored. The reason is a full sentence.
    #[error("The catalog cannot store this: {0}")]
    #[assoc(code = FailureCode::CatalogInvalid)]
    Invalid(String),
    #[error("There is no scan {0}.")]
    #[assoc(code = FailureCode::CatalogUnknown)]
    Unknown(ScanId),
    /// The scan's state does not allow what an operator asked for. The reason is a full sentence.
    #[error("Scan {scan} is {status}. {reason}")]
    #[assoc(code = FailureCode::CatalogRefused)]
    Refused { scan: ScanId, status: Status, reason: String },
}

impl CatalogError {
    /// Whether the same call may succeed later without anything being repaired.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Credentials(_))
    }
}

impl From<sqlx::Error> for CatalogError {
    fn from(error: sqlx::Error) -> Self {
        match Kind::of(&error) {
            Kind::Unreachable => Self::Unreachable(error),
            Kind::Denied => Self::Denied(error),
            Kind::Statement => Self::Statement(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for CatalogError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            other => Self::Migration(Box::new(other)),
        }
    }
}

enum Kind {
    Unreachable,
    Denied,
    Statement,
}

impl Kind {
    fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unreachable,
            sqlx::Error::Database(error) => error.code().map_or(Self::Statement, |code| Self::of_state(&code)),
            _ => Self::Statement,
        }
    }

    /// By SQLSTATE (PostgreSQL's manual, appendix A); a class is its first two characters.
    fn of_state(state: &str) -> Self {
        match (state.get(..2).unwrap_or_default(), state) {
            // Connection exceptions, insufficient resources, deadlocks and serialization failures.
            ("08" | "53" | "40", _) => Self::Unreachable,
            // The server is shutting down, crashed or starting up, or the statement or idle session was cancelled.
            (_, "57P01" | "57P02" | "57P03" | "57P05" | "57014" | "25P03" | "55P03" | "58000" | "58030") => {
                Self::Unreachable
            }
            ("28" | "3D", _) | (_, "42501") => Self::Denied,
            _ => Self::Statement,
        }
    }
}
