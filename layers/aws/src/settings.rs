use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(3);

/// Most calls carry a few hundred bytes. A function must learn within half a minute that a call failed, while it still
/// has time to report it.
const CALL_ATTEMPT: Duration = Duration::from_secs(10);
const CALL: Duration = Duration::from_secs(30);

/// Attempts of a call, the first one included.
const ATTEMPTS: u32 = 5;

/// Region, credentials, endpoint and profile come from the usual AWS environment.
pub async fn sdk_config(endpoint_url: Option<String>) -> SdkConfig {
    config_loader(endpoint_url).load().await
}

/// With the time-outs of a small call and the SDK's standard retries: throttling, 5xx and broken connections, with
/// exponential backoff and jitter.
pub fn config_loader(endpoint_url: Option<String>) -> ConfigLoader {
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https)
        .timeout_config(timeouts(CALL_ATTEMPT, CALL))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    match endpoint_url {
        Some(url) => loader.endpoint_url(url),
        None => loader,
    }
}

/// Time-outs for one attempt, and for a call with all its attempts. The attempt includes the bodies of the request
/// and of the answer's head.
#[must_use]
pub fn timeouts(attempt: Duration, call: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .operation_timeout(call)
        .build()
}
