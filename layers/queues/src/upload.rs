//! What S3 tells about new objects.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

use crate::QueueError;

/// What stays as it is in a form-encoded key; a space becomes `%20`, which reads the same as `+`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/');

/// A new object. Only a hint: which version is the current one, S3 must be asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Upload {
    /// The bucket.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
}

/// Reads an S3 event notification. Only `ObjectCreated` events count; the `s3:TestEvent` that S3 sends when the
/// notification is configured has none.
///
/// # Errors
/// [`QueueError::Malformed`] when the body is no notification, or a key is not UTF-8.
pub fn uploads(body: &str) -> Result<Vec<Upload>, QueueError> {
    let notification: Notification = serde_json::from_str(body).map_err(|error| malformed(error.to_string()))?;
    match (notification.records, notification.event.as_deref()) {
        (Some(records), _) => records.into_iter().filter(Record::is_creation).map(Record::upload).collect(),
        (None, Some("s3:TestEvent")) => Ok(Vec::new()),
        (None, _) => Err(malformed("it has no records".to_owned())),
    }
}

/// A notification as S3 would send it, as far as [`uploads`] reads it.
pub(crate) fn notification(bucket: &str, key: &str) -> String {
    let key = utf8_percent_encode(key, ENCODED).to_string();
    serde_json::json!({ "Records": [{
        "eventSource": "quire:sweep",
        "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": bucket }, "object": { "key": key } },
    }]})
    .to_string()
}

/// Own types instead of a crate's: what is not read here may change or be absent without harm.
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
    s3: Entity,
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

    fn upload(self) -> Result<Upload, QueueError> {
        Ok(Upload { bucket: self.s3.bucket.name, key: decode(&self.s3.object.key)? })
    }
}

/// Form-encoded, once: `+` is a space (so AWS sends it; LocalStack sends `%20`), a plus is `%2B`.
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
