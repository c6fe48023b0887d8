//! From S3 into a file: parts at their places, several at once.

mod checksum;
mod file;
mod part;

use std::path::Path;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::sdk::{Address, broken, failure};
use crate::version;
use crate::{ObjectError, Objects};

pub(crate) use checksum::Checksum;
use file::PartialFile;
use part::{Part, Source};

const ACTION: &str = "download";

/// Large enough that a part's first byte costs little, bytes.
const PART_SIZE: u64 = 16 * 1024 * 1024;

/// Parts at once. One connection to S3 carries less than a function's line.
const PARALLEL_PARTS: usize = 4;

/// Downloads an object. Only the file's length and what is in flight count against memory: a few chunks a part.
pub(crate) async fn download(objects: &Objects, address: &Address<'_>, to: &Path) -> Result<u64, ObjectError> {
    let stored = version::head(objects, address).await?;
    let size = stored.version.size_bytes;
    let file = PartialFile::create(to)?;
    let algorithm = stored.checksum.as_ref().map(|checksum| checksum.algorithm);
    let source = Source { objects, address: *address, etag: &stored.version.etag, algorithm };
    let parts = Part::all(size, PART_SIZE).map(|part| part::fetch(&source, part, file.path()));
    let digests: Vec<_> = stream::iter(parts).buffered(PARALLEL_PARTS).try_collect().await?;
    if let Some(checksum) = &stored.checksum {
        checksum.compare(digests.into_iter().flatten(), address)?;
    }
    file.finish(size, address)?;
    tracing::debug!(object = %address, bytes = size, checked = stored.checksum.is_some(), "downloaded");
    Ok(size)
}

/// The first bytes of an object, in memory.
pub(crate) async fn head_of(objects: &Objects, address: &Address<'_>, bytes: u64) -> Result<Vec<u8>, ObjectError> {
    let Some(last) = bytes.checked_sub(1) else { return Ok(Vec::new()) };
    let call = objects.calls.get_object().bucket(address.bucket).key(address.key);
    let call = call.set_version_id(address.version.map(ToOwned::to_owned)).range(format!("bytes=0-{last}"));
    let mut body = match call.send().await {
        Ok(answer) => answer.body,
        // S3's answer to any range of an empty object.
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 416) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failure("read", address, error)),
    };
    let mut head = Vec::new();
    let limit = usize::try_from(bytes).unwrap_or(usize::MAX);
    while let Some(chunk) = body.try_next().await.map_err(|error| broken("read", address, error))? {
        head.extend_from_slice(&chunk[..chunk.len().min(limit - head.len())]);
        if head.len() == limit {
            break;
        }
    }
    Ok(head)
}
