//! The clients' settings, and the SDK's errors in our words.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_types::service_config::ServiceConfigKey;

use crate::ObjectError;

const CONNECT: Duration = Duration::from_secs(3);
const CALL_ATTEMPT: Duration = Duration::from_secs(10);
const CALL: Duration = Duration::from_secs(30);

/// A part of 16 MiB at 50 kB a second: the slowest line that somebody may upload a volume by. A transfer that
/// stands still is noticed by [`STALL`], long before.
const TRANSFER_ATTEMPT: Duration = Duration::from_secs(330);
const TRANSFER: Duration = Duration::from_secs(900);

/// How long a body may stand still.
const STALL: Duration = Duration::from_secs(10);

/// An object, or where one will be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    pub version: Option<&'a str>,
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}/{}", self.bucket, self.key)?;
        self.version.map_or(Ok(()), |version| write!(formatter, " (version {version})"))
    }
}

/// A client with the SDK's standard retries: throttling (503 SlowDown), 5xx and broken connections, with
/// exponential backoff and jitter.
pub(crate) fn client(sdk: &SdkConfig, timeouts: TimeoutConfig) -> Client {
    let stalls = StalledStreamProtectionConfig::enabled().grace_period(STALL).build();
    let settings = Builder::from(sdk)
        .force_path_style(has_endpoint(sdk))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(5))
        .stalled_stream_protection(stalls)
        .build();
    Client::from_conf(settings)
}

/// Whether an endpoint is set: for all services, or in the environment or the profile for S3 alone.
fn has_endpoint(sdk: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let for_s3 = || sdk.service_config().zip(key.ok()).and_then(|(settings, key)| settings.load_config(key));
    sdk.endpoint_url().is_some() || for_s3().is_some()
}

pub(crate) fn call_timeouts() -> TimeoutConfig {
    timeouts(CALL_ATTEMPT, CALL)
}

/// The read time-out counts from the request's first byte, so it has to leave time for a part's body.
pub(crate) fn transfer_timeouts() -> TimeoutConfig {
    timeouts(TRANSFER_ATTEMPT, TRANSFER)
}

fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}

/// An error of the SDK by what can be done about it.
pub(crate) fn failure<E>(action: &'static str, address: &Address<'_>, error: SdkError<E, HttpResponse>) -> ObjectError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let object = address.to_string();
    let status = error.raw_response().map(|response| response.status().as_u16()).unwrap_or_default();
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    let error_code = metadata.and_then(|metadata| metadata.code()).unwrap_or_default().to_owned();
    match (status, error_code.as_str()) {
        (404, "" | "NotFound" | "NoSuchKey" | "NoSuchVersion") => ObjectError::Missing { object },
        // What S3 says to a reader of a version that is a delete marker.
        (405, "" | "MethodNotAllowed") => ObjectError::Missing { object },
        (412, _) => ObjectError::Changed { object },
        (400..=499, code) if !is_busy(status, code) => {
            let words = metadata.and_then(|metadata| metadata.message()).map(ToOwned::to_owned);
            let message = words.unwrap_or_else(|| format!("status {status}"));
            ObjectError::Refused { action, object, error_code, message }
        }
        _ => unanswered(action, object, error),
    }
}

/// Refusals that pass: the SDK has retried them already.
fn is_busy(status: u16, code: &str) -> bool {
    status == 429 || matches!(code, "RequestTimeout" | "RequestTimeTooSkewed" | "SlowDown" | "Throttling")
}

fn unanswered<E>(action: &'static str, object: String, error: E) -> ObjectError
where
    E: Error + Send + Sync + 'static,
{
    let reason = causes(&error);
    ObjectError::Unreachable { action, object, reason, source: Box::new(error) }
}

/// The chain of causes in one line. The SDK's own display of it carries the whole answer along, headers and all.
fn causes(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A body that broke off.
pub(crate) fn broken<E>(action: &'static str, address: &Address<'_>, error: E) -> ObjectError
where
    E: Error + Send + Sync + 'static,
{
    unanswered(action, address.to_string(), error)
}
