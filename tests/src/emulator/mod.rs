//! Buckets and queues that only one test uses, on the emulator.
#![allow(clippy::unwrap_used, reason = "test code: what is missing should stop the test where it stands")]

mod buckets;
mod queues;

pub use buckets::{Buckets, bytes, with_buckets, work_key};
pub use queues::{TestQueues, with_queues};

use aws::SdkConfig;
use aws_config::Region;
use aws_sdk_s3::config::Credentials;

/// # Panics
/// When `cargo xtask test` did not set it.
#[must_use]
pub fn endpoint() -> String {
    crate::world::required("QUIRE_TEST_AWS_ENDPOINT")
}

/// Production's configuration of the SDK, with credentials that the emulator does not check.
pub async fn sdk(endpoint: &str) -> SdkConfig {
    aws::config_loader(Some(endpoint.to_owned()))
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .load()
        .await
}

#[must_use]
pub fn s3_client(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).build())
}

/// An endpoint where nothing listens.
#[must_use]
pub fn closed_endpoint() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
