//! Clients of the database, S3 and the queues; none connects before its first call.

use super::ServiceError;
use aws::SdkConfig;
use aws_config::BehaviorVersion;
use catalog::{Catalog, DatabaseSettings};
use objects::Objects;
use queues::{QueueUrls, Queues};

/// The database.
///
/// # Errors
/// When its address cannot be read.
pub fn catalog(settings: &DatabaseSettings) -> Result<Catalog, ServiceError> {
    Ok(Catalog::new(settings)?)
}

/// The upload bucket.
///
/// # Errors
/// When no region is set.
pub async fn objects(endpoint: Option<String>, upload_bucket: String) -> Result<Objects, ServiceError> {
    Ok(Objects::new(&sdk(endpoint).await?, upload_bucket, String::new()))
}

/// The queues.
///
/// # Errors
/// When no region is set.
pub async fn queues(endpoint: Option<String>, urls: QueueUrls) -> Result<Queues, ServiceError> {
    Ok(Queues::new(&sdk(endpoint).await?, urls))
}

/// Queues for actions that send nothing: they need no region, no credentials and no addresses.
pub fn offline_queues() -> Queues {
    let (url, sdk) = (String::new, SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build());
    let urls = QueueUrls { uploads: url(), compress: url(), scan: url(), scan_large: url(), split: url() };
    Queues::new(&sdk, urls)
}

async fn sdk(endpoint: Option<String>) -> Result<SdkConfig, ServiceError> {
    let sdk = aws::sdk_config(endpoint).await;
    if sdk.region().is_none() {
        return Err(ServiceError::RegionMissing);
    }
    Ok(sdk)
}
