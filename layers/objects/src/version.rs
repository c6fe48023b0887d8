use aws::Refusal;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::ChecksumMode;
use serde::Serialize;
use time::OffsetDateTime;

use crate::ObjectError;
use crate::checksum::Checksum;
use crate::client::{Clients, Location, failure};

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectVersion {
    /// `null` in a bucket without versions, as in S3 itself.
    pub version_id: String,
    /// The entity tag, without its quotes. A file that is uploaded again in the same way has the same tag.
    pub etag: String,
    pub size_bytes: u64,
    /// By S3's clock, in whole seconds.
    #[serde(with = "time::serde::rfc3339")]
    pub last_modified: OffsetDateTime,
    /// The person for whom the console uploaded it. Anybody who may upload can write it.
    #[serde(skip)]
    pub uploader: Option<String>,
}

/// The user-defined metadata of an upload that names this person.
pub(crate) const UPLOADER: &str = "uploader";

/// The version of an object in a bucket without versions.
const UNVERSIONED: &str = "null";

/// The tag without the quotes of S3's answers.
pub(crate) fn bare_etag(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

/// 1970 for an answer without a time, which S3 never gives. The sweeps, which look for old objects, then find it.
pub(crate) fn instant(time: Option<&DateTime>) -> OffsetDateTime {
    time.and_then(|time| OffsetDateTime::from_unix_timestamp(time.secs()).ok()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[derive(Debug)]
pub(crate) struct Stored {
    pub version: ObjectVersion,
    pub checksum: Option<Checksum>,
}

/// Reads an object's head. S3 answers 404 without a body even when the bucket does not exist. A wrong setting must not
/// look like a deleted object, so after a 404 this looks up the bucket too.
pub(crate) async fn head(clients: &Clients, location: &Location<'_>) -> Result<Stored, ObjectError> {
    let call = clients.calls.head_object().bucket(location.bucket).key(location.key);
    let call = call.set_version_id(location.version.map(ToOwned::to_owned)).checksum_mode(ChecksumMode::Enabled);
    match call.send().await {
        Ok(head) => Ok(Stored {
            version: ObjectVersion {
                version_id: head.version_id().unwrap_or(UNVERSIONED).to_owned(),
                etag: bare_etag(head.e_tag()),
                size_bytes: size(head.content_length()),
                last_modified: instant(head.last_modified()),
                uploader: head.metadata().and_then(|metadata| metadata.get(UPLOADER)).cloned(),
            },
            checksum: Checksum::offered(&head),
        }),
        Err(error) => {
            let error = failure("look up", location, error);
            if error.is_missing() {
                bucket_exists(clients, location).await?;
            }
            Err(error)
        }
    }
}

async fn bucket_exists(clients: &Clients, location: &Location<'_>) -> Result<(), ObjectError> {
    let Err(error) = clients.calls.head_bucket().bucket(location.bucket).send().await else { return Ok(()) };
    match failure("look up", location, error) {
        ObjectError::Missing { object } => Err(ObjectError::Refused {
            action: "look up",
            object,
            refusal: Refusal::new(Some("NoSuchBucket"), Some("The bucket does not exist")),
        }),
        error => Err(error),
    }
}

/// Sizes are signed in the SDK, but never negative.
pub(crate) fn size(length: Option<i64>) -> u64 {
    length.and_then(|length| length.try_into().ok()).unwrap_or_default()
}
