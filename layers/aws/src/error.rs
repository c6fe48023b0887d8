use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;
use std::fmt;

/// Why a call failed, after the SDK's own retries.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The service does not accept the request: permissions, a name that does not exist.
    #[error("{refusal}")]
    Refused { status: u16, refusal: Refusal },
}

/// The service did not answer, took too long, or is busy. The same call may succeed later.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Unreachable {
    /// The chain of causes in one line. The SDK's own `Display` prints the whole answer, with all its headers.
    reason: String,
    source: Box<dyn Error + Send + Sync>,
}

/// What a service says about a request, or one entry of it, that it does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub error_code: String,
    pub message: String,
}

impl<E> From<SdkError<E, HttpResponse>> for CallError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let error_code = metadata.and_then(|metadata| metadata.code());
        if !matches!(status, 400..=499) || is_busy(status, error_code.unwrap_or_default()) {
            return Unreachable::new(error).into();
        }
        // An answer to a HEAD request has no body, and so no error code.
        let error_code = error_code.map_or_else(|| format!("HTTP {status}"), ToOwned::to_owned);
        let refusal = Refusal::new(Some(&error_code), metadata.and_then(|metadata| metadata.message()));
        Self::Refused { status, refusal }
    }
}

/// Refusals that pass. The SDK has retried them already.
fn is_busy(status: u16, error_code: &str) -> bool {
    let is_passing = matches!(error_code, "RequestTimeout" | "RequestTimeTooSkewed" | "SlowDown");
    status == 429 || is_passing || error_code.contains("Throttl")
}

impl Unreachable {
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        let first: &dyn Error = &error;
        let causes = std::iter::successors(Some(first), |&error| error.source());
        let reason = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        Self { reason, source: Box::new(error) }
    }
}

impl Refusal {
    #[must_use]
    pub fn new(error_code: Option<&str>, message: Option<&str>) -> Self {
        Self {
            error_code: error_code.unwrap_or("no error code").to_owned(),
            message: message.unwrap_or("no message").to_owned(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error_code, self.message)
    }
}
