//! What both clients share: time-outs, retries, and the SDK's errors in our words.

use std::error::Error;
use std::time::Duration;

use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

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
    let is_busy = is_busy(&error);
    match error.as_service_error().map(ProvideErrorMetadata::meta) {
        Some(refusal) if !is_busy => QueueError::Refused {
            action,
            error_code: refusal.code().unwrap_or("no code").to_owned(),
            message: refusal.message().unwrap_or("no message").to_owned(),
        },
        _ => QueueError::Unreachable { action, reason: causes(&error), source: Box::new(error) },
    }
}

/// Refusals that pass: the SDK has retried them already.
fn is_busy<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    status.is_some_and(|status| status >= 500 || status == 429) || code.contains("Throttl")
}

/// The chain of causes in one line. The SDK's own display of it carries the whole answer along, headers and all.
fn causes(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
