//! Uploads of files, in one piece or in parts.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::runtime::Handle;

use crate::ObjectError;
use crate::client::{Clients, Location, failure};

const ACTION: &str = "upload";

/// Parts that are sent at once. Each holds a few chunks of its file in memory.
const PARALLEL_PARTS: usize = 4;

const MEBIBYTE: u64 = 1024 * 1024;

/// The most parts that an upload may have (a quota of S3).
const MOST_PARTS: u64 = 10_000;

/// How a file is cut into parts.
pub(crate) struct Plan {
    /// Files of this size or larger are sent in parts, bytes.
    multipart_from: u64,
    /// The size of a part, bytes: at least 5 MiB, which S3 demands.
    part_size: u64,
}

impl Plan {
    /// Few calls.
    pub const QUICK: Self = Self { multipart_from: 32 * MEBIBYTE, part_size: 16 * MEBIBYTE };

    /// Many calls, for a progress bar.
    pub const FINE: Self = Self { multipart_from: 10 * MEBIBYTE, part_size: 5 * MEBIBYTE };

    /// For a browser, which sends every file in parts.
    pub const BROWSER: Self = Self { multipart_from: 0, part_size: 8 * MEBIBYTE };

    /// Larger parts for a file that would have too many of them.
    pub fn part_size(&self, size: u64) -> u64 {
        self.part_size.max(size.div_ceil(MOST_PARTS))
    }
}

/// Returns the version of the new object. `progress` is called with the number of bytes that S3 has so far.
pub(crate) async fn upload(
    clients: &Clients,
    from: &Path,
    to: &Location<'_>,
    plan: &Plan,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Option<String>, ObjectError> {
    let metadata = tokio::fs::metadata(from).await.map_err(|source| file_error(from, source))?;
    let size = metadata.len();
    let version = if size < plan.multipart_from {
        let version = put(clients, from, to, size).await?;
        progress(size);
        version
    } else {
        let upload = Multipart::begin(clients, to).await?;
        upload.run(from, size, plan.part_size(size), progress).await?
    };
    tracing::debug!("uploaded {to}, {size} bytes");
    Ok(version)
}

/// The SDK adds a checksum, and S3 compares it with what arrives.
async fn put(clients: &Clients, from: &Path, to: &Location<'_>, size: u64) -> Result<Option<String>, ObjectError> {
    let call = clients.transfers.put_object().bucket(to.bucket).key(to.key);
    let call = call.content_type(content_type(to.key)).body(body(from, 0, size).await?);
    let answer = call.send().await.map_err(|error| failure(ACTION, to, error))?;
    Ok(answer.version_id)
}

/// The body is read from the file while it is sent; a retry reads it again.
async fn body(from: &Path, offset: u64, length: u64) -> Result<ByteStream, ObjectError> {
    let body = ByteStream::read_from().path(from).offset(offset).length(Length::Exact(length)).build().await;
    body.map_err(|error| file_error(from, std::io::Error::other(error)))
}

fn file_error(path: &Path, source: std::io::Error) -> ObjectError {
    ObjectError::File { action: "read", path: path.to_owned(), source }
}

/// An upload in parts. It becomes an object when it is completed. The parts of an upload that is neither completed nor
/// aborted stay in the bucket and cost money.
struct Multipart<'a> {
    clients: &'a Clients,
    to: &'a Location<'a>,
    open: Open,
}

/// What is needed to abort the upload. Dropping it aborts the upload in the background, for a caller that drops the
/// future (a deadline).
struct Open {
    client: Client,
    bucket: String,
    key: String,
    /// `None` when there is nothing to abort.
    id: Option<String>,
}

impl<'a> Multipart<'a> {
    /// The checksum is one of the whole object, so that a reader can compare it, whatever parts it reads.
    pub async fn begin(clients: &'a Clients, to: &'a Location<'a>) -> Result<Self, ObjectError> {
        let call = clients.calls.create_multipart_upload().bucket(to.bucket).key(to.key);
        let call = call.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).checksum_type(ChecksumType::FullObject);
        let answer = call.content_type(content_type(to.key)).send().await;
        let id = answer.map_err(|error| failure(ACTION, to, error))?.upload_id;
        let (bucket, key) = (to.bucket.to_owned(), to.key.to_owned());
        Ok(Self { clients, to, open: Open { client: clients.calls.clone(), bucket, key, id } })
    }

    /// Sends the parts and completes the upload; returns the version of the object.
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
            Err(_) => self.open.abort().await,
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
        let call = self.clients.transfers.upload_part().bucket(self.to.bucket).key(self.to.key);
        let call = call.set_upload_id(self.open.id.clone()).part_number(number);
        let call = call.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).body(body(from, offset, length).await?);
        let answer = call.send().await.map_err(|error| failure(ACTION, self.to, error))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag);
        Ok(part.set_checksum_crc64_nvme(answer.checksum_crc64_nvme).build())
    }

    async fn complete(&self, parts: Vec<CompletedPart>, size: u64) -> Result<Option<String>, ObjectError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let call = self.clients.transfers.complete_multipart_upload().bucket(self.to.bucket).key(self.to.key);
        let call = call.set_upload_id(self.open.id.clone()).checksum_type(ChecksumType::FullObject);
        let call = call.set_mpu_object_size(i64::try_from(size).ok()).multipart_upload(parts);
        Ok(call.send().await.map_err(|error| failure(ACTION, self.to, error))?.version_id)
    }
}

impl Open {
    async fn abort(&mut self) {
        if let Some(call) = self.abort_call() {
            call.await;
        }
    }

    /// Errors here are ignored: the caller gets the error that led here, and the bucket's lifecycle rule removes the
    /// parts.
    fn abort_call(&mut self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let id = self.id.take()?;
        let call = self.client.abort_multipart_upload().bucket(&self.bucket).key(&self.key).upload_id(id);
        Some(async move {
            if let Err(error) = call.send().await {
                tracing::debug!("could not abort an upload, its parts stay: {error}");
            }
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let (Some(call), Ok(runtime)) = (self.abort_call(), Handle::try_current()) {
            runtime.spawn(call);
        }
    }
}

/// The content type for browsers, by the extension in any case.
fn content_type(key: &str) -> &'static str {
    let extension = key.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("pdf") => "application/pdf",
        Some("zip") => "application/zip",
        Some("json") => "application/json",
        Some("csv") => "text/csv; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_has_too_many_parts() {
        for size in [0, 32 * MEBIBYTE, 160_000 * MEBIBYTE, 160_000 * MEBIBYTE + 1, 50 * MEBIBYTE * MEBIBYTE] {
            let part_size = Plan::QUICK.part_size(size);
            assert!(part_size >= 16 * MEBIBYTE && size.div_ceil(part_size) <= MOST_PARTS, "{size}");
        }
    }

    #[test]
    fn an_extension_in_any_case_tells_the_type() {
        assert_eq!(content_type("results/1/x/volume.PDF"), "application/pdf");
        assert_eq!(content_type("a.tar.zip"), "application/zip");
        assert_eq!(content_type("a.pdf/b"), "application/octet-stream");
        assert_eq!(content_type("pdf"), "application/octet-stream");
    }
}
