//! What can go wrong between Quire and its database.

use domain::{FailureCode, ScanId, Status};
use enum_assoc::Assoc;

/// An error of the catalog. [`CatalogError::code`] is stable.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
#[non_exhaustive]
pub enum CatalogError {
    /// The database cannot be reached, is restarting, is out of connections, or ended this transaction for another
    /// one's sake. Nothing was changed, or the answer to a commit was lost: doing the same again is right.
    #[error("the database cannot be reached: {0}")]
    #[assoc(code = FailureCode::CatalogUnreachable)]
    Unreachable(#[source] sqlx::Error),
    /// The database does not let us in: credentials, name or permissions are wrong.
    #[error("the database refuses access: {0}")]
    #[assoc(code = FailureCode::CatalogDenied)]
    Denied(#[source] sqlx::Error),
    /// The database refused a statement: a mistake in this crate, or migrations that were not applied.
    #[error("the database refused a statement: {0}")]
    #[assoc(code = FailureCode::CatalogStatement)]
    Statement(#[source] sqlx::Error),
    /// The settings of the database are wrong.
    #[error("the settings of the database are wrong: {0}")]
    #[assoc(code = FailureCode::CatalogSettings)]
    Settings(String),
    /// A migration failed.
    #[error("a migration failed: {0}")]
    #[assoc(code = FailureCode::CatalogMigration)]
    Migration(#[source] Box<sqlx::migrate::MigrateError>),
    /// The caller passed something that cannot be stored.
    #[error("invalid argument: {0}")]
    #[assoc(code = FailureCode::CatalogInvalid)]
    Invalid(String),
    /// There is no scan of this id.
    #[error("there is no scan {0}")]
    #[assoc(code = FailureCode::CatalogUnknown)]
    Unknown(ScanId),
    /// What an operator asked for is not possible in the scan's state.
    #[error("scan {scan} is {status}: {reason}")]
    #[assoc(code = FailureCode::CatalogRefused)]
    Refused {
        /// The scan.
        scan: ScanId,
        /// Its status when it was refused.
        status: Status,
        /// Why, as a sentence for the operator.
        reason: String,
    },
}

impl CatalogError {
    /// Whether doing the same again later may succeed without anybody mending anything.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable(_))
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
            // Connection exceptions, insufficient resources, lost a deadlock or a serialization.
            ("08" | "53" | "40", _) => Self::Unreachable,
            // The server shuts down, crashed, starts up; or somebody cancelled the statement or the idle session.
            (_, "57P01" | "57P02" | "57P03" | "57P05" | "57014" | "25P03" | "55P03" | "58000" | "58030") => {
                Self::Unreachable
            }
            ("28" | "3D", _) | (_, "42501") => Self::Denied,
            _ => Self::Statement,
        }
    }
}
