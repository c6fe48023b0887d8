//! From a file to S3: in one piece, or in parts, several at once.

mod content_type;
mod multipart;

use std::path::Path;

use aws_sdk_s3::primitives::{ByteStream, Length};

use crate::sdk::{Address, failure};
use crate::{ObjectError, Objects};

use content_type::content_type;
use multipart::Multipart;

const ACTION: &str = "upload";

const MEBIBYTE: u64 = 1024 * 1024;

/// The most parts that an upload may have (a quota of S3).
const MOST_PARTS: u64 = 10_000;

/// How a file is cut.
pub(crate) struct Plan {
    /// Files from this size on go in parts, bytes.
    multipart_from: u64,
    /// The size of a part, bytes: at least 5 MiB, which S3 demands.
    part_size: u64,
}

impl Plan {
    /// Few calls.
    pub const QUICK: Self = Self { multipart_from: 32 * MEBIBYTE, part_size: 16 * MEBIBYTE };

    /// Small steps, for people who watch.
    pub const FINE: Self = Self { multipart_from: 10 * MEBIBYTE, part_size: 5 * MEBIBYTE };

    /// Larger parts for a file that would have too many of them.
    fn part_size(&self, size: u64) -> u64 {
        self.part_size.max(size.div_ceil(MOST_PARTS))
    }
}

/// Uploads a file; returns the version that it became. `progress` is told how many bytes S3 has so far.
pub(crate) async fn upload(
    objects: &Objects,
    from: &Path,
    to: &Address<'_>,
    plan: &Plan,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Option<String>, ObjectError> {
    let metadata = tokio::fs::metadata(from).await.map_err(|source| file_error(from, source))?;
    let size = metadata.len();
    let version = if size < plan.multipart_from {
        let version = put(objects, from, to, size).await?;
        progress(size);
        version
    } else {
        let upload = Multipart::begin(objects, to).await?;
        upload.run(from, size, plan.part_size(size), progress).await?
    };
    tracing::debug!(object = %to, bytes = size, "uploaded");
    Ok(version)
}

/// The SDK adds a checksum, and S3 compares it with what arrived.
async fn put(objects: &Objects, from: &Path, to: &Address<'_>, size: u64) -> Result<Option<String>, ObjectError> {
    let call = objects.transfers.put_object().bucket(to.bucket).key(to.key);
    let call = call.content_type(content_type(to.key)).body(body(from, 0, size).await?);
    let answer = call.send().await.map_err(|error| failure(ACTION, to, error))?;
    Ok(answer.version_id)
}

/// A piece of a file, read while it is sent; a retry reads it again.
async fn body(from: &Path, offset: u64, length: u64) -> Result<ByteStream, ObjectError> {
    let body = ByteStream::read_from().path(from).offset(offset).length(Length::Exact(length)).build().await;
    body.map_err(|error| file_error(from, std::io::Error::other(error)))
}

fn file_error(path: &Path, source: std::io::Error) -> ObjectError {
    ObjectError::File { action: "read", path: path.to_owned(), source }
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
}
