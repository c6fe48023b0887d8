//! What S3 says about one version of an object.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::ChecksumMode;
use serde::Serialize;
use time::OffsetDateTime;

use crate::download::Checksum;
use crate::sdk::{Address, failure};
use crate::{ObjectError, Objects};

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectVersion {
    /// The version; `null` in a bucket without versions, as S3 itself calls it.
    pub version_id: String,
    /// The entity tag, without its quotes. The same file has the same one, if it was uploaded in the same way.
    pub etag: String,
    /// The size in bytes.
    pub size_bytes: u64,
    /// When it was written, by S3's clock; in whole seconds.
    #[serde(with = "time::serde::rfc3339")]
    pub last_modified: OffsetDateTime,
}

/// How S3 calls the version of an object in a bucket without versions.
pub(crate) const UNVERSIONED: &str = "null";

/// The tag alone: answers quote it, the database and people do not.
pub(crate) fn bare_etag(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

/// 1970 for an answer without a time, which S3 never gives: old enough to be looked at, by whoever looks for old ones.
pub(crate) fn instant(time: Option<&DateTime>) -> OffsetDateTime {
    time.and_then(|time| OffsetDateTime::from_unix_timestamp(time.secs()).ok()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// An object as its head describes it.
#[derive(Debug)]
pub(crate) struct Stored {
    pub version: ObjectVersion,
    pub checksum: Option<Checksum>,
}

/// Asks for an object's head. S3 answers 404 without a body, also when there is no such bucket: a wrong setting
/// must not look like a deleted object, so then the bucket is asked for too.
pub(crate) async fn head(objects: &Objects, address: &Address<'_>) -> Result<Stored, ObjectError> {
    let call = objects.calls.head_object().bucket(address.bucket).key(address.key);
    let call = call.set_version_id(address.version.map(ToOwned::to_owned)).checksum_mode(ChecksumMode::Enabled);
    match call.send().await {
        Ok(head) => Ok(Stored {
            version: ObjectVersion {
                version_id: head.version_id().unwrap_or(UNVERSIONED).to_owned(),
                etag: bare_etag(head.e_tag()),
                size_bytes: size(head.content_length()),
                last_modified: instant(head.last_modified()),
            },
            checksum: Checksum::offered(&head),
        }),
        Err(error) => {
            let error = failure("look up", address, error);
            if error.is_missing() {
                bucket_exists(objects, address).await?;
            }
            Err(error)
        }
    }
}

async fn bucket_exists(objects: &Objects, address: &Address<'_>) -> Result<(), ObjectError> {
    let Err(error) = objects.calls.head_bucket().bucket(address.bucket).send().await else { return Ok(()) };
    match failure("look up", address, error) {
        ObjectError::Missing { object } => Err(ObjectError::Refused {
            action: "look up",
            object,
            error_code: "NoSuchBucket".to_owned(),
            message: "there is no such bucket".to_owned(),
        }),
        error => Err(error),
    }
}

/// Sizes are signed in the SDK, but never negative.
pub(crate) fn size(length: Option<i64>) -> u64 {
    length.and_then(|length| length.try_into().ok()).unwrap_or_default()
}
