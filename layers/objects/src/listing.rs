//! What is in the buckets, for those who put it right.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{Delete, EncodingType, Object, ObjectIdentifier};
use domain::{AttemptKind, AttemptPrefix, ListedUpload, UploadKey};
use percent_encoding::percent_decode_str;
use time::OffsetDateTime;

use crate::sdk::{Address, failure};
use crate::version::{bare_etag, instant, size};
use crate::{ObjectError, Objects};

/// What S3 lists or deletes in one call (a quota).
const ENTRIES_PER_CALL: i32 = 1000;

/// An attempt that has objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAttempt<K> {
    /// Where it wrote.
    pub prefix: AttemptPrefix<K>,
    /// When it wrote last.
    pub last_modified: OffsetDateTime,
    /// How many objects it wrote.
    pub objects: u64,
    /// Their sizes together, bytes.
    pub size_bytes: u64,
}

/// A page of attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts<K> {
    /// The attempts, each with all its objects counted.
    pub attempts: Vec<ListedAttempt<K>>,
    /// Where the next page begins; `None` when there is none.
    pub next: Option<AttemptPrefix<K>>,
}

pub(crate) async fn uploads(
    objects: &Objects,
    start_after: Option<&str>,
    limit: usize,
) -> Result<Vec<ListedUpload>, ObjectError> {
    let mut listed = Vec::new();
    let mut pages = Pages::new(objects, objects.upload_bucket(), UploadKey::ROOT, start_after);
    while listed.len() < limit
        && let Some(page) = pages.next().await?
    {
        listed.extend(page.into_iter().map(Entry::upload));
    }
    listed.truncate(limit);
    Ok(listed)
}

pub(crate) async fn attempts<K: AttemptKind>(
    objects: &Objects,
    start_after: Option<&AttemptPrefix<K>>,
    limit: usize,
) -> Result<Attempts<K>, ObjectError> {
    let root = format!("{}/", K::ROOT);
    let start_after = start_after.map(behind);
    let mut pages = Pages::new(objects, objects.result_bucket(), &root, start_after.as_deref());
    let mut attempts: Vec<ListedAttempt<K>> = Vec::new();
    while attempts.len() <= limit
        && let Some(page) = pages.next().await?
    {
        page.iter().for_each(|entry| entry.count(&mut attempts));
    }
    let is_last = attempts.len() <= limit;
    attempts.truncate(limit);
    let next = attempts.last().filter(|_| !is_last).map(|last| last.prefix);
    Ok(Attempts { attempts, next })
}

/// A text behind all keys below a prefix, and before those of the next: `0` follows `/`.
fn behind<K: AttemptKind>(prefix: &AttemptPrefix<K>) -> String {
    format!("{}0", prefix.to_string().trim_end_matches('/'))
}

pub(crate) async fn delete<K: AttemptKind>(objects: &Objects, prefix: &AttemptPrefix<K>) -> Result<u64, ObjectError> {
    let root = prefix.to_string();
    let address = objects.made(&root);
    let mut pages = Pages::new(objects, objects.result_bucket(), &root, None);
    let mut deleted = 0;
    while let Some(page) = pages.next().await? {
        deleted += page.len() as u64;
        delete_page(objects, &address, page).await?;
    }
    Ok(deleted)
}

/// `DeleteObjects` answers 200 although single objects stay.
async fn delete_page(objects: &Objects, address: &Address<'_>, page: Vec<Entry>) -> Result<(), ObjectError> {
    const ACTION: &str = "delete";
    let refused = |object: String, error_code: &str, message: &str| {
        let (error_code, message) = (error_code.to_owned(), message.to_owned());
        ObjectError::Refused { action: ACTION, object, error_code, message }
    };
    let keys = page.into_iter().map(|entry| ObjectIdentifier::builder().key(entry.key).build());
    let keys = keys.collect::<Result<Vec<_>, _>>();
    let list = keys.and_then(|keys| Delete::builder().quiet(true).set_objects(Some(keys)).build());
    let list = list.map_err(|error| refused(address.to_string(), "list", &error.to_string()))?;
    let call = objects.calls.delete_objects().bucket(address.bucket).delete(list);
    let answer = call.send().await.map_err(|error| failure(ACTION, address, error))?;
    let Some(error) = answer.errors().first() else { return Ok(()) };
    let object = Address { key: error.key().unwrap_or(address.key), ..*address };
    Err(refused(object.to_string(), error.code().unwrap_or_default(), error.message().unwrap_or_default()))
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

    /// Adds itself to its attempt, which is the last one, or a new one. What nobody of ours wrote is passed over.
    fn count<K: AttemptKind>(&self, attempts: &mut Vec<ListedAttempt<K>>) {
        let Some((prefix, _)) = AttemptPrefix::split(&self.key) else { return };
        match attempts.last_mut().filter(|attempt| attempt.prefix == prefix) {
            Some(attempt) => {
                attempt.last_modified = attempt.last_modified.max(self.last_modified);
                attempt.objects += 1;
                attempt.size_bytes += self.size_bytes;
            }
            None => {
                let (last_modified, size_bytes) = (self.last_modified, self.size_bytes);
                attempts.push(ListedAttempt { prefix, last_modified, objects: 1, size_bytes });
            }
        }
    }
}

/// A listing, page by page.
struct Pages<'a> {
    objects: &'a Objects,
    address: Address<'a>,
    start_after: Option<String>,
    next: Next,
}

/// Where a listing stands.
enum Next {
    First,
    Token(String),
    End,
}

impl<'a> Pages<'a> {
    fn new(objects: &'a Objects, bucket: &'a str, prefix: &'a str, start_after: Option<&str>) -> Self {
        let address = Address { bucket, key: prefix, version: None };
        Self { objects, address, start_after: start_after.map(ToOwned::to_owned), next: Next::First }
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

    /// Keys come encoded: XML cannot carry every character that a key may have, and one such key would make
    /// every listing fail.
    async fn request(&self, token: Option<String>) -> Result<ListObjectsV2Output, ObjectError> {
        let call = self.objects.calls.list_objects_v2().bucket(self.address.bucket).prefix(self.address.key);
        let call = call.encoding_type(EncodingType::Url).max_keys(ENTRIES_PER_CALL);
        let call = call.set_start_after(self.start_after.clone()).set_continuation_token(token);
        call.send().await.map_err(|error| failure("list", &self.address, error))
    }
}

/// Form-encoded; keys are UTF-8 in S3, so nothing is lost here.
fn decode(key: &str) -> String {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}
