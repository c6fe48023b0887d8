//! The way to the emulator, which the tests of the queues take, too.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

pub fn endpoint() -> String {
    std::env::var("QUIRE_TEST_AWS_ENDPOINT")
        .expect("QUIRE_TEST_AWS_ENDPOINT is not set: this test needs the local stack; run `cargo xtask test`")
}

pub async fn sdk(endpoint: &str) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .load()
        .await
}
