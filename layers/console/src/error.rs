//! What can go wrong with a request, and the page that says so.

use crate::frame::Frame;
use crate::openid::OpenIdError;
use crate::words;
use askama::Template;
use axum::response::{Html, IntoResponse, Redirect, Response};
use catalog::CatalogError;
use deployment::DeploymentError;
use domain::{FailureClass, FailureCode, Role};
use enum_assoc::Assoc;
use http::StatusCode;
use http::request::Parts;
use objects::ObjectError;
use pipeline::error::StageError;
use queues::QueueError;

#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub fn code(&self) -> FailureCode)]
pub enum ConsoleError {
    /// Where to go after signing in.
    #[error("You are not signed in.")]
    #[assoc(code = FailureCode::ConsoleNotSignedIn)]
    NotSignedIn { next: String },
    #[error("You are {has}, and this needs a person who is {needs}.")]
    #[assoc(code = FailureCode::ConsoleForbidden)]
    Forbidden { needs: Role, has: Role },
    #[error("There is no such page.")]
    #[assoc(code = FailureCode::ConsoleNotFound)]
    NotFound,
    /// A form that another site sent, or one that is older than the session.
    #[error("This form was not sent from a page of your session. Nothing was changed.")]
    #[assoc(code = FailureCode::ConsoleForeignForm)]
    ForeignForm,
    #[error("People sign in without a password here.")]
    #[assoc(code = FailureCode::ConsoleNoAccounts)]
    NoAccounts,
    #[error(transparent)]
    #[assoc(code = _0.code())]
    OpenId(#[from] OpenIdError),
    #[error("There were too many attempts to sign in. Wait 15 minutes.")]
    #[assoc(code = FailureCode::ConsoleTooManyAttempts)]
    TooManyAttempts,
    /// What was sent makes no sense. A sentence.
    #[error("{0}")]
    #[assoc(code = FailureCode::ConsoleInput)]
    Wrong(String),
    #[error("The request is too large.")]
    #[assoc(code = FailureCode::ConsoleTooLarge)]
    TooLarge,
    /// Somebody or something changed the scan while the page was open. A sentence.
    #[error("{0} Nothing was done.")]
    #[assoc(code = FailureCode::CatalogRefused)]
    Changed(String),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Stage(#[from] StageError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Queues(#[from] QueueError),
    #[error(transparent)]
    #[assoc(code = _0.code())]
    Logs(#[from] DeploymentError),
    #[error("The file {file} of the results cannot be read: {cause}.")]
    #[assoc(code = FailureCode::ConsoleFault)]
    Sidecar { file: &'static str, cause: serde_json::Error },
    #[error("A page could not be made: {0}.")]
    #[assoc(code = FailureCode::ConsoleFault)]
    Template(#[from] askama::Error),
    #[error("The password could not be hashed: {0}.")]
    #[assoc(code = FailureCode::ConsoleFault)]
    Password(#[from] argon2::password_hash::Error),
}

impl ConsoleError {
    /// Only pages lead back: a form would be sent without what was typed.
    pub fn not_signed_in(parts: &Parts) -> Self {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let next = if parts.method == http::Method::GET { path } else { "/" };
        Self::NotSignedIn { next: next.to_owned() }
    }

    fn status(&self) -> StatusCode {
        let code = self.code();
        match (code, code.class()) {
            (
                FailureCode::ConsoleForbidden
                | FailureCode::ConsoleForeignForm
                | FailureCode::ConsoleNoAccounts
                | FailureCode::ConsoleOpenidDenied
                | FailureCode::ConsoleOpenidGroup
                | FailureCode::ConsoleOpenidRevoked,
                _,
            ) => StatusCode::FORBIDDEN,
            (FailureCode::ConsoleOpenidState, _) => StatusCode::BAD_REQUEST,
            (FailureCode::ConsoleNotFound | FailureCode::CatalogUnknown | FailureCode::QueuesUnknownLetter, _) => {
                StatusCode::NOT_FOUND
            }
            (FailureCode::ConsoleTooManyAttempts, _) => StatusCode::TOO_MANY_REQUESTS,
            (FailureCode::ConsoleTooLarge, _) => StatusCode::PAYLOAD_TOO_LARGE,
            (FailureCode::CatalogInvalid, _) => StatusCode::UNPROCESSABLE_ENTITY,
            (_, FailureClass::Arguments | FailureClass::Input) => StatusCode::UNPROCESSABLE_ENTITY,
            (_, FailureClass::Refused) => StatusCode::CONFLICT,
            (_, FailureClass::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    message: String,
    advice: &'static str,
    code: FailureCode,
}

impl IntoResponse for ConsoleError {
    fn into_response(self) -> Response {
        if let Self::NotSignedIn { next } = &self {
            return Redirect::to(&crate::screens::sign_in::address(next)).into_response();
        }
        let (status, code) = (self.status(), self.code());
        if status.is_server_error() {
            tracing::error!(code = code.as_str(), error = %self, "the console could not answer a request");
        }
        let title = match status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::CONFLICT => "Nothing was done",
            _ => "That did not work",
        };
        let page = ErrorPage { frame: Frame::outside(title), message: self.to_string(), advice: code.advice(), code };
        let body = page.render().unwrap_or_else(|_| "The console could not answer the request.".to_owned());
        (status, Html(body)).into_response()
    }
}

/// A page as a response.
pub fn page(template: &impl Template) -> Result<Html<String>, ConsoleError> {
    Ok(Html(template.render()?))
}
