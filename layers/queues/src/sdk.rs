//! What both clients share: time-outs, retries, and the SDK's errors in our words.

use std::error::Error;
use std::time::Duration;

use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::QueueError;

const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(10);
const OPERATION: Duration = Duration::from_secs(30);

/// Calls of a few hundred bytes: a function must learn within half a minute that it cannot send, while it has
/// time left to say so.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(ATTEMPT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

/// The SDK's standard retries: throttling, 5xx and broken connections, with exponential backoff and jitter.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4)
}

/// An error of the SDK by what can be done about it.
pub(crate) fn failure<E>(action: &'static str, error: SdkError<E, HttpResponse>) -> QueueError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let is_final = error.as_service_error().is_some() && !is_busy(&error) || is_unbuildable(&error);
    if !is_final {
        return QueueError::Unreachable {
            action,
            reason: DisplayErrorContext(&error).to_string(),
            source: Box::new(error),
        };
    }
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    let words = |text: Option<&str>| text.map(ToOwned::to_owned);
    QueueError::Refused {
        action,
        error_code: metadata.and_then(|metadata| words(metadata.code())).unwrap_or_else(|| "no code".to_owned()),
        message: metadata
            .and_then(|metadata| words(metadata.message()))
            .unwrap_or_else(|| DisplayErrorContext(&error).to_string()),
    }
}

fn is_busy<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    status.is_some_and(|status| status >= 500 || status == 429) || code.contains("Throttl")
}

const fn is_unbuildable<E>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(error, SdkError::ConstructionFailure(_))
}
