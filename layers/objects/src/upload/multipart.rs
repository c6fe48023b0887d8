//! An upload in parts. It becomes an object when all parts are there, and is given up otherwise.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::runtime::Handle;

use super::{ACTION, body, content_type, file_error};
use crate::sdk::{Address, failure};
use crate::{ObjectError, Objects};

/// Parts at once. Each holds a few chunks of its file in memory.
const PARALLEL_PARTS: usize = 4;

/// An open upload. Parts of one that is neither completed nor given up stay in the bucket, and are paid for.
pub(super) struct Multipart<'a> {
    objects: &'a Objects,
    to: &'a Address<'a>,
    open: Open,
}

/// What is needed to give it up, also when nobody waits for it any more.
struct Open {
    client: Client,
    bucket: String,
    key: String,
    /// `None` when there is nothing to give up any more.
    id: Option<String>,
}

impl<'a> Multipart<'a> {
    /// The checksum is one of the whole object, so that readers can compare it, however they cut it.
    pub async fn begin(objects: &'a Objects, to: &'a Address<'a>) -> Result<Self, ObjectError> {
        let call = objects.calls.create_multipart_upload().bucket(to.bucket).key(to.key);
        let call = call.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).checksum_type(ChecksumType::FullObject);
        let answer = call.content_type(content_type(to.key)).send().await;
        let id = answer.map_err(|error| failure(ACTION, to, error))?.upload_id;
        let (bucket, key) = (to.bucket.to_owned(), to.key.to_owned());
        Ok(Self { objects, to, open: Open { client: objects.calls.clone(), bucket, key, id } })
    }

    /// Sends the parts and makes them an object; returns its version.
    pub async fn run(
        mut self,
        from: &Path,
        size: u64,
        part_size: u64,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<String>, ObjectError> {
        let outcome = match self.send_parts(from, size, part_size, progress).await {
            Ok(parts) => self.complete(parts, size).await,
            Err(error) => Err(error),
        };
        match &outcome {
            Ok(_) => self.open.id = None,
            Err(_) => self.open.give_up().await,
        }
        outcome
    }

    async fn send_parts(
        &self,
        from: &Path,
        size: u64,
        part_size: u64,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Vec<CompletedPart>, ObjectError> {
        let sent = AtomicU64::new(0);
        let sent = &sent;
        let parts = (0..size.div_ceil(part_size)).map(|index| async move {
            let offset = index * part_size;
            let length = part_size.min(size - offset);
            let part = self.send_part(from, index, offset, length).await?;
            progress(sent.fetch_add(length, Ordering::Relaxed) + length);
            Ok(part)
        });
        stream::iter(parts).buffered(PARALLEL_PARTS).try_collect().await
    }

    async fn send_part(&self, from: &Path, index: u64, offset: u64, length: u64) -> Result<CompletedPart, ObjectError> {
        let number = i32::try_from(index + 1).map_err(|error| file_error(from, std::io::Error::other(error)))?;
        let call = self.objects.transfers.upload_part().bucket(self.to.bucket).key(self.to.key);
        let call = call.set_upload_id(self.open.id.clone()).part_number(number);
        let call = call.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).body(body(from, offset, length).await?);
        let answer = call.send().await.map_err(|error| failure(ACTION, self.to, error))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag);
        Ok(part.set_checksum_crc64_nvme(answer.checksum_crc64_nvme).build())
    }

    async fn complete(&self, parts: Vec<CompletedPart>, size: u64) -> Result<Option<String>, ObjectError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let call = self.objects.transfers.complete_multipart_upload().bucket(self.to.bucket).key(self.to.key);
        let call = call.set_upload_id(self.open.id.clone()).checksum_type(ChecksumType::FullObject);
        let call = call.set_mpu_object_size(i64::try_from(size).ok()).multipart_upload(parts);
        Ok(call.send().await.map_err(|error| failure(ACTION, self.to, error))?.version_id)
    }
}

impl Open {
    async fn give_up(&mut self) {
        if let Some(abort) = self.abort() {
            abort.await;
        }
    }

    /// A failure of this is not told: the one that led here is, and the bucket's lifecycle rule is the last resort.
    fn abort(&mut self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let id = self.id.take()?;
        let call = self.client.abort_multipart_upload().bucket(&self.bucket).key(&self.key).upload_id(id);
        Some(async move {
            if let Err(error) = call.send().await {
                tracing::debug!(%error, "an upload's parts stay");
            }
        })
    }
}

/// For an upload that nobody waits for any more (a deadline): it is given up in the background.
impl Drop for Open {
    fn drop(&mut self) {
        if let (Some(abort), Ok(runtime)) = (self.abort(), Handle::try_current()) {
            runtime.spawn(abort);
        }
    }
}
