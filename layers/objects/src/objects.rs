//! The two buckets and what is done with them.

use domain::{AttemptKey, AttemptKind, AttemptPrefix, ListedUpload, ResultKey, UploadKey};
use std::path::Path;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;

use crate::listing::{self, Attempts};
use crate::sdk::{self, Address, failure};
use crate::upload::{Plan, upload};
use crate::version::{self, ObjectVersion};
use crate::{ObjectError, download};

/// The upload bucket and the result bucket.
#[derive(Debug, Clone)]
pub struct Objects {
    /// For calls that carry next to nothing: short time-outs.
    pub(crate) calls: Client,
    /// For calls that carry a part of a file.
    pub(crate) transfers: Client,
    upload_bucket: String,
    result_bucket: String,
}

impl Objects {
    /// Opens no connection yet. Region, credentials, endpoint and HTTP client come from `sdk`. With an endpoint of
    /// its own, S3 is addressed by paths: no name server knows a host name for each bucket there.
    #[must_use]
    pub fn new(sdk: &SdkConfig, upload_bucket: String, result_bucket: String) -> Self {
        Self {
            calls: sdk::client(sdk, sdk::call_timeouts()),
            transfers: sdk::client(sdk, sdk::transfer_timeouts()),
            upload_bucket,
            result_bucket,
        }
    }

    /// The bucket of the originals.
    #[must_use]
    pub fn upload_bucket(&self) -> &str {
        &self.upload_bucket
    }

    /// The bucket of everything that is made.
    #[must_use]
    pub fn result_bucket(&self) -> &str {
        &self.result_bucket
    }

    /// The current version of an upload. `None` when it was deleted, or never was.
    ///
    /// # Errors
    /// When S3 cannot be reached or refuses.
    pub async fn current(&self, key: &UploadKey) -> Result<Option<ObjectVersion>, ObjectError> {
        match version::head(self, &self.original(key, None)).await {
            Ok(stored) => Ok(Some(stored.version)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The first `bytes` bytes of a version of an upload; fewer when it is shorter.
    ///
    /// # Errors
    /// [`ObjectError::Missing`], or when S3 cannot be reached or refuses.
    pub async fn head_of(&self, key: &UploadKey, version_id: &str, bytes: u64) -> Result<Vec<u8>, ObjectError> {
        download::head_of(self, &self.original(key, Some(version_id)), bytes).await
    }

    /// Downloads a version of an upload: in parts, several at once; length and checksum are compared with what S3
    /// has. The file appears under its name when it is whole, and not at all otherwise. Returns its length, bytes.
    ///
    /// # Errors
    /// [`ObjectError::Missing`]; when S3 cannot be reached or refuses; when the copy is damaged; when the file
    /// cannot be written.
    pub async fn download_original(&self, key: &UploadKey, version_id: &str, to: &Path) -> Result<u64, ObjectError> {
        download::download(self, &self.original(key, Some(version_id)), to).await
    }

    /// Downloads what an attempt wrote, like [`Self::download_original`].
    ///
    /// # Errors
    /// As [`Self::download_original`].
    pub async fn download<K: AttemptKind>(&self, key: &AttemptKey<K>, to: &Path) -> Result<u64, ObjectError> {
        download::download(self, &self.made(key.as_str()), to).await
    }

    /// Uploads a file under a key of an attempt: in parts, several at once, when it is large. A failed upload leaves
    /// no object, and its parts are given up. The content type comes from the key's extension.
    ///
    /// # Errors
    /// When S3 cannot be reached or refuses, or the file cannot be read.
    pub async fn upload<K: AttemptKind>(&self, from: &Path, key: &AttemptKey<K>) -> Result<(), ObjectError> {
        upload(self, from, &self.made(key.as_str()), &Plan::QUICK, &|_| ()).await?;
        Ok(())
    }

    /// Uploads an original as a person does. `progress` is told how many bytes of the file S3 has so far.
    ///
    /// # Errors
    /// As [`Self::upload`].
    pub async fn upload_original(
        &self,
        from: &Path,
        key: &UploadKey,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<ObjectVersion, ObjectError> {
        let version = upload(self, from, &self.original(key, None), &Plan::FINE, progress).await?;
        let stored = version::head(self, &self.original(key, version.as_deref())).await?;
        Ok(stored.version)
    }

    /// Current uploads in the order of their keys (UTF-8 bytes), from the first one behind `start_after` on, at most
    /// `limit`. Fewer than `limit` means that there are no more.
    ///
    /// # Errors
    /// When S3 cannot be reached or refuses.
    pub async fn list_uploads(
        &self,
        start_after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ListedUpload>, ObjectError> {
        listing::uploads(self, start_after, limit).await
    }

    /// Attempts that have objects, in the order of their prefixes, at most `limit` of them. `start_after` is
    /// [`Attempts::next`] of the page before.
    ///
    /// # Errors
    /// When S3 cannot be reached or refuses.
    pub async fn list_attempts<K: AttemptKind>(
        &self,
        start_after: Option<&AttemptPrefix<K>>,
        limit: usize,
    ) -> Result<Attempts<K>, ObjectError> {
        listing::attempts(self, start_after, limit).await
    }

    /// Deletes everything that an attempt wrote. Returns the number of objects.
    ///
    /// # Errors
    /// When S3 cannot be reached, refuses, or does not delete a single one of them.
    pub async fn delete_attempt<K: AttemptKind>(&self, prefix: &AttemptPrefix<K>) -> Result<u64, ObjectError> {
        listing::delete(self, prefix).await
    }

    /// Where an output is, as the AWS tools write it.
    #[must_use]
    pub fn location(&self, key: &ResultKey) -> String {
        self.made(key.as_str()).to_string()
    }

    /// A URL by which anybody can read an output while it is valid, at most 7 days.
    ///
    /// # Errors
    /// When there are no credentials to sign it with, or `valid_for` is too long.
    pub async fn presigned_url(&self, key: &ResultKey, valid_for: Duration) -> Result<String, ObjectError> {
        let address = self.made(key.as_str());
        let terms = PresigningConfig::expires_in(valid_for).map_err(|error| ObjectError::Refused {
            action: "sign a URL for",
            object: address.to_string(),
            error_code: "validity".to_owned(),
            message: error.to_string(),
        })?;
        let request = self.calls.get_object().bucket(address.bucket).key(address.key).presigned(terms).await;
        Ok(request.map_err(|error| failure("sign a URL for", &address, error))?.uri().to_owned())
    }

    pub(crate) fn original<'a>(&'a self, key: &'a UploadKey, version: Option<&'a str>) -> Address<'a> {
        Address { bucket: &self.upload_bucket, key: key.as_str(), version }
    }

    pub(crate) fn made<'a>(&'a self, key: &'a str) -> Address<'a> {
        Address { bucket: &self.result_bucket, key, version: None }
    }
}
