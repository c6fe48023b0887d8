use domain::FailureCode;
use enum_assoc::Assoc;

/// Why somebody is not signed in with OpenID Connect.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum OpenIdError {
    /// A sentence that names the variable.
    #[error("{0}")]
    #[assoc(code = FailureCode::ConfigurationInvalid)]
    Settings(String),
    #[error("This sign-in was not begun in this browser, was used already, or took longer than ten minutes.")]
    #[assoc(code = FailureCode::ConsoleOpenidState)]
    NotBegun,
    /// With the issuer's own code (OpenID Connect Core 1.0, section 3.1.2.6; RFC 6749, section 5.2).
    #[error("The issuer refused the sign-in ({0}).")]
    #[assoc(code = FailureCode::ConsoleOpenidDenied)]
    Denied(String),
    /// A part of a sentence.
    #[error("What the issuer sent cannot be trusted: {0}.")]
    #[assoc(code = FailureCode::ConsoleOpenidUntrusted)]
    Untrusted(String),
    /// A part of a sentence.
    #[error("The issuer cannot be asked: {0}.")]
    #[assoc(code = FailureCode::ConsoleOpenidUnreachable)]
    Unreachable(String),
    #[error("You are {name} at the issuer, and none of your groups there may use this console.")]
    #[assoc(code = FailureCode::ConsoleOpenidGroup)]
    NoGroup { name: String },
    #[error("You are {name}, and an admin has revoked your access.")]
    #[assoc(code = FailureCode::ConsoleOpenidRevoked)]
    Revoked { name: String },
}
