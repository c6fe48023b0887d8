use aws::{CallError, Refusal, SdkConfig, Unreachable};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, StalledStreamProtectionConfig};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_types::service_config::ServiceConfigKey;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::ObjectError;
use crate::meter::Meter;

/// Enough for a part of 16 MiB at 50 kB a second, the slowest line that somebody may upload a volume over. [`STALL`]
/// ends a transfer that stands still long before.
const TRANSFER_ATTEMPT: Duration = Duration::from_secs(330);
const TRANSFER: Duration = Duration::from_secs(900);

/// How long a body may stand still.
const STALL: Duration = Duration::from_secs(10);

/// Where an object is, or will be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Location<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    pub version: Option<&'a str>,
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}/{}", self.bucket, self.key)?;
        self.version.map_or(Ok(()), |version| write!(formatter, " (version {version})"))
    }
}

/// The two clients of S3.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    /// For calls without a file's contents.
    pub calls: Client,
    /// For calls that carry a part of a file. The read time-out counts from the first byte of the request, so it has
    /// to leave time for the body.
    pub transfers: Client,
    /// Signs URLs for browsers, which add no checksum of their own. S3 computes one when it has all parts.
    pub signer: Client,
    /// Counts what both of them do.
    pub meter: Meter,
    /// The address that takes the place of AWS.
    endpoint: Option<String>,
    region: String,
}

impl Clients {
    pub fn new(sdk: &SdkConfig) -> Self {
        let stalls = StalledStreamProtectionConfig::enabled().grace_period(STALL).build();
        let meter = Meter::default();
        let settings = Builder::from(sdk).interceptor(meter.clone());
        let endpoint = endpoint(sdk);
        let settings = settings.force_path_style(endpoint.is_some()).stalled_stream_protection(stalls);
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        let signer = settings.clone().request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        let transfers = settings.clone().timeout_config(aws::timeouts(TRANSFER_ATTEMPT, TRANSFER));
        Self {
            calls: Client::from_conf(settings.build()),
            transfers: Client::from_conf(transfers.build()),
            signer: Client::from_conf(signer.build()),
            meter,
            endpoint,
            region,
        }
    }

    /// The origin at which browsers find a bucket: as the client addresses it.
    pub fn origin(&self, bucket: &str) -> String {
        let Some(endpoint) = &self.endpoint else {
            return format!("https://{bucket}.s3.{}.amazonaws.com", self.region);
        };
        let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
        format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
    }
}

/// The endpoint that is set: for S3 alone in the environment or the profile, or for all services.
fn endpoint(sdk: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let for_s3 = || sdk.service_config().zip(key.ok()).and_then(|(settings, key)| settings.load_config(key));
    for_s3().or_else(|| sdk.endpoint_url().map(ToOwned::to_owned))
}

/// How long a signed URL is valid: at most 7 days.
pub(crate) fn presigning(
    action: &'static str,
    location: &Location<'_>,
    valid_for: Duration,
) -> Result<PresigningConfig, ObjectError> {
    PresigningConfig::expires_in(valid_for).map_err(|error| ObjectError::Refused {
        action,
        object: location.to_string(),
        refusal: Refusal::new(None, Some(&error.to_string())),
    })
}

/// The error of a call, by what a caller can do about it.
pub(crate) fn failure<E>(action: &'static str, location: &Location<'_>, error: SdkError<E, HttpResponse>) -> ObjectError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let object = location.to_string();
    match CallError::from(error) {
        CallError::Unreachable(source) => ObjectError::Unreachable { action, object, source },
        CallError::Refused { status, refusal } => match (status, refusal.error_code.as_str()) {
            (404, "HTTP 404" | "NotFound" | "NoSuchKey" | "NoSuchVersion") => ObjectError::Missing { object },
            // The answer to a reader of a version that is a delete marker.
            (405, "HTTP 405" | "MethodNotAllowed") => ObjectError::Missing { object },
            (412, _) => ObjectError::Changed { object },
            _ => ObjectError::Refused { action, object, refusal },
        },
    }
}

/// A body that broke off.
pub(crate) fn broken(
    action: &'static str,
    location: &Location<'_>,
    error: impl Error + Send + Sync + 'static,
) -> ObjectError {
    ObjectError::Unreachable { action, object: location.to_string(), source: Unreachable::new(error) }
}
