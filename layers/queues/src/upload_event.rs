//! S3's notifications of new objects.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

use crate::QueueError;

/// Not encoded in a form-encoded key. A space becomes `%20`, which decodes to the same as `+`.
const NOT_ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/');

/// Says that an object is new. It is only a hint: S3 must be asked which version is the current one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UploadEvent {
    pub bucket: String,
    /// Decoded.
    pub key: String,
    /// The identity of AWS that uploaded it. S3 says it, but the identity may have chosen the name of its session.
    pub principal: Option<String>,
}

/// Reads an S3 event notification. Only `ObjectCreated` events count. The `s3:TestEvent`, which S3 sends when the
/// notification is configured, has none.
///
/// # Errors
/// [`QueueError::Malformed`] when the body is not a notification, or a key is not UTF-8.
pub fn upload_events(body: &str) -> Result<Vec<UploadEvent>, QueueError> {
    let notification: Notification = serde_json::from_str(body).map_err(|error| malformed(error.to_string()))?;
    match (notification.records, notification.event.as_deref()) {
        (Some(records), _) => records.into_iter().filter(Record::is_creation).map(Record::upload).collect(),
        (None, Some("s3:TestEvent")) => Ok(Vec::new()),
        (None, _) => Err(malformed("it has no records".to_owned())),
    }
}

/// A notification as S3 would send it, as far as [`upload_events`] reads it.
pub(crate) fn notification(bucket: &str, key: &str) -> String {
    let key = utf8_percent_encode(key, NOT_ENCODED).to_string();
    serde_json::json!({ "Records": [{
        "eventSource": "quire:sweep",
        "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": bucket }, "object": { "key": key } },
    }]})
    .to_string()
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
    #[serde(rename = "Event")]
    event: Option<String>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    event_name: String,
    #[serde(rename = "userIdentity")]
    identity: Option<Identity>,
    s3: Entity,
}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "principalId")]
    principal: Option<String>,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

impl Record {
    /// Notifications say `ObjectCreated:Put`, the same events elsewhere `s3:ObjectCreated:Put`.
    fn is_creation(&self) -> bool {
        self.event_name.trim_start_matches("s3:").starts_with("ObjectCreated:")
    }

    fn upload(self) -> Result<UploadEvent, QueueError> {
        let principal = self.identity.and_then(|identity| identity.principal);
        Ok(UploadEvent { bucket: self.s3.bucket.name, key: decode(&self.s3.object.key)?, principal })
    }
}

/// Keys are form-encoded once: a space is `+` (AWS) or `%20` (LocalStack), a plus is `%2B`.
fn decode(key: &str) -> Result<String, QueueError> {
    let spaced = key.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(|key| key.into_owned()).map_err(|_| malformed(format!("the key {key:?} is not UTF-8")))
}

fn malformed(reason: String) -> QueueError {
    QueueError::Malformed { what: "an S3 notification", reason }
}

#[cfg(test)]
mod tests;
