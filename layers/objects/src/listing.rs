use aws::Refusal;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{Delete, EncodingType, Object, ObjectIdentifier};
use domain::{AttemptKind, AttemptPrefix, ListedUpload, ResultKey, Results, UploadKey};
use percent_encoding::percent_decode_str;
use time::OffsetDateTime;

use crate::ObjectError;
use crate::client::{Clients, Location, failure};
use crate::version::{bare_etag, instant, size};

/// Objects that S3 lists or deletes in one call (a quota).
const ENTRIES_PER_CALL: i32 = 1000;

pub(crate) async fn uploads(
    clients: &Clients,
    bucket: &str,
    start_after: Option<&str>,
    limit: usize,
) -> Result<Vec<ListedUpload>, ObjectError> {
    let mut listed = Vec::new();
    let mut pages = Pages::new(clients, bucket, UploadKey::ROOT, start_after);
    while listed.len() < limit
        && let Some(page) = pages.next().await?
    {
        listed.extend(page.into_iter().map(Entry::upload));
    }
    listed.truncate(limit);
    Ok(listed)
}

/// The keys below `results/` whose last part is `name`, the newest first.
pub(crate) async fn records(clients: &Clients, bucket: &str, name: &str) -> Result<Vec<ResultKey>, ObjectError> {
    let root = format!("{}/", Results::ROOT);
    let mut pages = Pages::new(clients, bucket, &root, None);
    let mut found: Vec<(OffsetDateTime, ResultKey)> = Vec::new();
    while let Some(page) = pages.next().await? {
        let records = page
            .into_iter()
            .filter(|entry| AttemptPrefix::<Results>::split(&entry.key).is_some_and(|(_, rest)| rest == name));
        found.extend(records.filter_map(|entry| Some((entry.last_modified, entry.key.parse().ok()?))));
    }
    found.sort_by(|one, other| other.cmp(one));
    Ok(found.into_iter().map(|(_, key)| key).collect())
}

pub(crate) async fn delete<K: AttemptKind>(
    clients: &Clients,
    bucket: &str,
    prefix: &AttemptPrefix<K>,
) -> Result<u64, ObjectError> {
    let root = prefix.to_string();
    let mut pages = Pages::new(clients, bucket, &root, None);
    let location = pages.location;
    let mut deleted = 0;
    while let Some(page) = pages.next().await? {
        deleted += page.len() as u64;
        delete_page(clients, &location, page).await?;
    }
    Ok(deleted)
}

/// `DeleteObjects` answers 200 even when it does not delete single objects.
async fn delete_page(clients: &Clients, location: &Location<'_>, page: Vec<Entry>) -> Result<(), ObjectError> {
    const ACTION: &str = "delete";
    let refused = |object: String, refusal: Refusal| ObjectError::Refused { action: ACTION, object, refusal };
    let keys = page.into_iter().map(|entry| ObjectIdentifier::builder().key(entry.key).build());
    let keys = keys.collect::<Result<Vec<_>, _>>();
    let list = keys.and_then(|keys| Delete::builder().quiet(true).set_objects(Some(keys)).build());
    let list = list.map_err(|error| refused(location.to_string(), Refusal::new(None, Some(&error.to_string()))))?;
    let call = clients.calls.delete_objects().bucket(location.bucket).delete(list);
    let answer = call.send().await.map_err(|error| failure(ACTION, location, error))?;
    let Some(error) = answer.errors().first() else { return Ok(()) };
    let object = Location { key: error.key().unwrap_or(location.key), ..*location };
    Err(refused(object.to_string(), Refusal::new(error.code(), error.message())))
}

/// A listed object.
struct Entry {
    key: String,
    etag: String,
    size_bytes: u64,
    last_modified: OffsetDateTime,
}

impl Entry {
    fn new(object: &Object) -> Self {
        Self {
            key: decode(object.key().unwrap_or_default()),
            etag: bare_etag(object.e_tag()),
            size_bytes: size(object.size()),
            last_modified: instant(object.last_modified()),
        }
    }

    fn upload(self) -> ListedUpload {
        let Self { key, etag, size_bytes, last_modified } = self;
        ListedUpload { key: UploadKey::new(key), etag, size_bytes, last_modified }
    }
}

/// A listing, page by page.
struct Pages<'a> {
    clients: &'a Clients,
    location: Location<'a>,
    start_after: Option<String>,
    next: Next,
}

enum Next {
    First,
    Token(String),
    End,
}

impl<'a> Pages<'a> {
    fn new(clients: &'a Clients, bucket: &'a str, prefix: &'a str, start_after: Option<&str>) -> Self {
        let location = Location { bucket, key: prefix, version: None };
        Self { clients, location, start_after: start_after.map(ToOwned::to_owned), next: Next::First }
    }

    async fn next(&mut self) -> Result<Option<Vec<Entry>>, ObjectError> {
        let token = match std::mem::replace(&mut self.next, Next::End) {
            Next::First => None,
            Next::Token(token) => Some(token),
            Next::End => return Ok(None),
        };
        let page = self.request(token).await?;
        if let Some(token) = page.next_continuation_token() {
            self.next = Next::Token(token.to_owned());
        }
        let entries: Vec<_> = page.contents().iter().map(Entry::new).collect();
        Ok(Some(entries).filter(|entries| !entries.is_empty()))
    }

    /// Requests encoded keys: XML cannot carry every character that a key may have, and one such key would make every
    /// listing fail.
    async fn request(&self, token: Option<String>) -> Result<ListObjectsV2Output, ObjectError> {
        let call = self.clients.calls.list_objects_v2().bucket(self.location.bucket).prefix(self.location.key);
        let call = call.encoding_type(EncodingType::Url).max_keys(ENTRIES_PER_CALL);
        let call = call.set_start_after(self.start_after.clone()).set_continuation_token(token);
        call.send().await.map_err(|error| failure("list", &self.location, error))
    }
}

/// Listed keys are form-encoded. S3's keys are UTF-8, so nothing is lost here.
fn decode(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
