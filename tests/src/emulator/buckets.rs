use super::{endpoint, s3_client, sdk};
use aws::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, EncodingType, VersioningConfiguration};
use domain::{AttemptPrefix, UploadKey, Work, WorkKey};
use futures_util::{FutureExt, StreamExt, stream};
use objects::Objects;
use percent_encoding::percent_decode_str;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use tempfile::TempDir;
use uuid::Uuid;

/// An upload bucket with versions, a result bucket without, and a directory.
#[derive(Debug)]
pub struct Buckets {
    pub client: Client,
    pub objects: Objects,
    pub uploads: String,
    pub results: String,
    pub directory: TempDir,
}

/// Runs a test with buckets of its own, and removes them.
pub async fn with_buckets(test: impl AsyncFnOnce(&Buckets)) {
    let buckets = Buckets::create(&sdk(&endpoint()).await).await;
    let outcome = AssertUnwindSafe(test(&buckets)).catch_unwind().await;
    buckets.remove().await;
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

impl Buckets {
    pub async fn create(sdk: &SdkConfig) -> Self {
        let (client, name) = (s3_client(sdk), Uuid::new_v4());
        let (uploads, results) = (format!("uploads-{name}"), format!("results-{name}"));
        for bucket in [&uploads, &results] {
            client.create_bucket().bucket(bucket).send().await.unwrap();
        }
        let versions = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        client.put_bucket_versioning().bucket(&uploads).versioning_configuration(versions).send().await.unwrap();
        let objects = Objects::new(sdk, uploads.clone(), results.clone());
        Self { client, objects, uploads, results, directory: tempfile::tempdir().unwrap() }
    }

    /// The same buckets, through another endpoint.
    pub async fn through(&self, endpoint: &str) -> Objects {
        Objects::new(&sdk(endpoint).await, self.uploads.clone(), self.results.clone())
    }

    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Makes a file in the directory.
    #[must_use]
    pub fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// Makes an object in the upload bucket; returns its version.
    pub async fn put(&self, key: &UploadKey, contents: &[u8]) -> String {
        let call = self.client.put_object().bucket(&self.uploads).key(key.as_str()).body(contents.to_vec().into());
        call.send().await.unwrap().version_id.unwrap()
    }

    /// Makes an object in the result bucket.
    pub async fn put_result(&self, key: &str, contents: &[u8]) {
        let call = self.client.put_object().bucket(&self.results).key(key).body(contents.to_vec().into());
        call.send().await.unwrap();
    }

    /// The number of multipart uploads that are neither completed nor aborted.
    pub async fn open_uploads(&self) -> usize {
        self.client.list_multipart_uploads().bucket(&self.results).send().await.unwrap().uploads().len()
    }

    /// The names of the files in the directory.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn remove(&self) {
        for bucket in [&self.uploads, &self.results] {
            while self.remove_some(bucket).await {}
            self.client.delete_bucket().bucket(bucket).send().await.unwrap();
        }
    }

    /// Deletes a page of versions; whether there were any.
    async fn remove_some(&self, bucket: &str) -> bool {
        let page = self.client.list_object_versions().bucket(bucket).encoding_type(EncodingType::Url);
        let page = page.send().await.unwrap();
        let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let all: Vec<_> = versions.chain(markers).collect();
        // One by one: a list in XML cannot have every key.
        let remove = async |(key, version): &(Option<&str>, Option<&str>)| {
            let key = percent_decode_str(key.unwrap()).decode_utf8().unwrap();
            let call = self.client.delete_object().bucket(bucket).key(key).set_version_id(version.map(Into::into));
            call.send().await.unwrap();
        };
        stream::iter(&all).for_each_concurrent(8, remove).await;
        !all.is_empty()
    }
}

/// A key of an attempt of its own.
#[must_use]
pub fn work_key(name: &str) -> WorkKey {
    AttemptPrefix::<Work>::work(7, Uuid::new_v4()).join(name).unwrap()
}

/// Bytes without a pattern that would hide two parts in the wrong places.
#[must_use]
pub fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&(state ^ (state >> 29)).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
