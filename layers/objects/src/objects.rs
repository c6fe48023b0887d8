use domain::{AttemptKey, AttemptKind, AttemptPrefix, ListedUpload, ResultKey, UploadKey};
use std::path::Path;
use std::time::Duration;

use aws::SdkConfig;
use aws_sdk_s3::types::BucketVersioningStatus;

use crate::client::{Clients, Location, failure, presigning};
use crate::listing;
use crate::meter::Traffic;
use crate::upload::{Plan, upload};
use crate::version::{self, ObjectVersion};
use crate::{ObjectError, download};

/// The upload bucket and the result bucket.
#[derive(Debug, Clone)]
pub struct Objects {
    pub(crate) clients: Clients,
    upload_bucket: String,
    result_bucket: String,
}

impl Objects {
    /// Opens no connection yet. When an endpoint is set, buckets are addressed by path: no name server knows a host name
    /// for each bucket there.
    #[must_use]
    pub fn new(sdk: &SdkConfig, upload_bucket: String, result_bucket: String) -> Self {
        Self { clients: Clients::new(sdk), upload_bucket, result_bucket }
    }

    #[must_use]
    pub fn upload_bucket(&self) -> &str {
        &self.upload_bucket
    }

    #[must_use]
    pub fn result_bucket(&self) -> &str {
        &self.result_bucket
    }

    /// Whether a bucket, which must exist, keeps the versions of its objects.
    ///
    /// # Errors
    /// When S3 does not answer or refuses, for example because there is no such bucket.
    pub async fn is_versioned(&self, bucket: &str) -> Result<bool, ObjectError> {
        let (place, look) = (Location { bucket, key: "", version: None }, "look at the bucket");
        let calls = &self.clients.calls;
        calls.head_bucket().bucket(bucket).send().await.map_err(|error| failure(look, &place, error))?;
        let versioning = calls.get_bucket_versioning().bucket(bucket).send().await;
        let versioning = versioning.map_err(|error| failure(look, &place, error))?;
        Ok(versioning.status() == Some(&BucketVersioningStatus::Enabled))
    }

    /// The current version of an upload. `None` when it was deleted or never existed.
    ///
    /// # Errors
    /// When S3 does not answer or refuses.
    pub async fn current(&self, key: &UploadKey) -> Result<Option<ObjectVersion>, ObjectError> {
        match version::head(&self.clients, &self.original(key, None)).await {
            Ok(stored) => Ok(Some(stored.version)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The first `bytes` bytes of a version of an upload; fewer when it is shorter.
    ///
    /// # Errors
    /// [`ObjectError::Missing`], or when S3 does not answer or refuses.
    pub async fn head_of(&self, key: &UploadKey, version_id: &str, bytes: u64) -> Result<Vec<u8>, ObjectError> {
        download::head_of(&self.clients, &self.original(key, Some(version_id)), bytes).await
    }

    /// Downloads a version of an upload in parts, several at once, and compares length and checksum with those in S3.
    /// The file gets its name only when it is complete. Returns its length in bytes.
    ///
    /// # Errors
    /// [`ObjectError::Missing`]; when S3 does not answer or refuses; when the copy is damaged; when the file
    /// cannot be written.
    pub async fn download_original(&self, key: &UploadKey, version_id: &str, to: &Path) -> Result<u64, ObjectError> {
        download::download(&self.clients, &self.original(key, Some(version_id)), to).await
    }

    /// Downloads what an attempt wrote, like [`Self::download_original`].
    ///
    /// # Errors
    /// As [`Self::download_original`].
    pub async fn download<K: AttemptKind>(&self, key: &AttemptKey<K>, to: &Path) -> Result<u64, ObjectError> {
        download::download(&self.clients, &self.result(key.as_str()), to).await
    }

    /// What an attempt wrote, in memory: at most the first `bytes` bytes.
    ///
    /// # Errors
    /// [`ObjectError::Missing`], or when S3 does not answer or refuses.
    pub async fn read<K: AttemptKind>(&self, key: &AttemptKey<K>, bytes: u64) -> Result<Vec<u8>, ObjectError> {
        download::head_of(&self.clients, &self.result(key.as_str()), bytes).await
    }

    /// Uploads a file under a key of an attempt. A large file is sent in parts, several at once. A failed upload leaves
    /// no object, and its parts are removed. The content type comes from the key's extension.
    ///
    /// # Errors
    /// When S3 does not answer or refuses, or the file cannot be read.
    pub async fn upload<K: AttemptKind>(&self, from: &Path, key: &AttemptKey<K>) -> Result<(), ObjectError> {
        upload(&self.clients, from, &self.result(key.as_str()), &Plan::QUICK, &|_| ()).await?;
        Ok(())
    }

    /// Uploads an original, as a person does. `progress` is called with the number of bytes that S3 has so far.
    ///
    /// # Errors
    /// As [`Self::upload`].
    pub async fn upload_original(
        &self,
        from: &Path,
        key: &UploadKey,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<ObjectVersion, ObjectError> {
        let version = upload(&self.clients, from, &self.original(key, None), &Plan::FINE, progress).await?;
        let stored = version::head(&self.clients, &self.original(key, version.as_deref())).await?;
        Ok(stored.version)
    }

    /// Current uploads after `start_after`, in the order of their keys (UTF-8 bytes), at most `limit`. Fewer than `limit`
    /// means that there are no more.
    ///
    /// # Errors
    /// When S3 does not answer or refuses.
    pub async fn list_uploads(
        &self,
        start_after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ListedUpload>, ObjectError> {
        listing::uploads(&self.clients, &self.upload_bucket, start_after, limit).await
    }

    /// The keys of the files with this name at the top of attempts' results, the newest first.
    ///
    /// # Errors
    /// When S3 does not answer or refuses.
    pub async fn list_records(&self, name: &str) -> Result<Vec<ResultKey>, ObjectError> {
        listing::records(&self.clients, &self.result_bucket, name).await
    }

    /// Deletes everything that an attempt wrote. Returns the number of objects.
    ///
    /// # Errors
    /// When S3 does not answer, refuses, or does not delete a single one of them.
    pub async fn delete_attempt<K: AttemptKind>(&self, prefix: &AttemptPrefix<K>) -> Result<u64, ObjectError> {
        listing::delete(&self.clients, &self.result_bucket, prefix).await
    }

    /// Deletes a version of an upload for good. Another version of the key stays.
    ///
    /// # Errors
    /// When S3 does not answer or refuses.
    pub async fn delete_original(&self, key: &UploadKey, version_id: &str) -> Result<(), ObjectError> {
        let location = self.original(key, Some(version_id));
        let call = self.clients.calls.delete_object().bucket(location.bucket).key(location.key).version_id(version_id);
        call.send().await.map_err(|error| failure("delete", &location, error))?;
        Ok(())
    }

    /// The origins at which browsers find the two buckets.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let mut origins = [&self.upload_bucket, &self.result_bucket].map(|bucket| self.clients.origin(bucket)).to_vec();
        origins.dedup();
        origins
    }

    /// What this client and its clones have sent to and received from S3 until now.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.clients.meter.read()
    }

    /// `s3://bucket/key`.
    #[must_use]
    pub fn location(&self, key: &ResultKey) -> String {
        self.result(key.as_str()).to_string()
    }

    /// A URL with which anybody can read the object while the URL is valid, at most 7 days.
    ///
    /// # Errors
    /// When there are no credentials to sign it with, or `valid_for` is too long.
    pub async fn presigned_url(&self, key: &ResultKey, valid_for: Duration) -> Result<String, ObjectError> {
        let (location, sign) = (self.result(key.as_str()), "sign a URL for");
        let terms = presigning(sign, &location, valid_for)?;
        let request = self.clients.calls.get_object().bucket(location.bucket).key(location.key).presigned(terms).await;
        Ok(request.map_err(|error| failure(sign, &location, error))?.uri().to_owned())
    }

    pub(crate) fn original<'a>(&'a self, key: &'a UploadKey, version: Option<&'a str>) -> Location<'a> {
        Location { bucket: &self.upload_bucket, key: key.as_str(), version }
    }

    fn result<'a>(&'a self, key: &'a str) -> Location<'a> {
        Location { bucket: &self.result_bucket, key, version: None }
    }
}
