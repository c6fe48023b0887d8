//! Downloads into a file: parts are written at their places, several at once.

use aws_sdk_s3::primitives::ByteStream;
use backon::{ExponentialBuilder, RetryableWithContext};
use crc_fast::{CrcAlgorithm, Digest};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::io::SeekFrom;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tokio::fs::OpenOptions;
use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufWriter};

use crate::ObjectError;
use crate::client::{Clients, Location, broken, failure};
use crate::partial_file::{PartialFile, file_error};
use crate::version;

const ACTION: &str = "download";

/// Large enough that a part's first byte costs little, bytes.
const PART_SIZE: u64 = 16 * 1024 * 1024;

/// Parts that are read at once. One connection to S3 does not fill a function's bandwidth.
const PARALLEL_PARTS: usize = 4;

/// How often a part is resumed after its body broke off. The SDK retries only calls, not bodies that it has handed out.
const RESUMPTIONS: usize = 4;

const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Bytes that are gathered before they are written.
const BUFFER: usize = 512 * 1024;

/// Returns the file's length in bytes. Memory does not grow with it: each part in flight holds a few chunks.
pub(crate) async fn download(clients: &Clients, location: &Location<'_>, to: &Path) -> Result<u64, ObjectError> {
    let stored = version::head(clients, location).await?;
    let size = stored.version.size_bytes;
    let file = PartialFile::create(to)?;
    let algorithm = stored.checksum.as_ref().map(|checksum| checksum.algorithm);
    let source = Source { clients, location: *location, etag: &stored.version.etag, algorithm };
    let parts = parts(size, PART_SIZE).map(|part| fetch(&source, part, file.path()));
    let digests: Vec<_> = stream::iter(parts).buffered(PARALLEL_PARTS).try_collect().await?;
    if let Some(checksum) = &stored.checksum {
        checksum.compare(digests.into_iter().flatten(), location)?;
    }
    file.finish(size, location)?;
    let checked = if stored.checksum.is_some() { "compared" } else { "unknown" };
    tracing::debug!("downloaded {location}, {size} bytes, checksum {checked}");
    Ok(size)
}

/// The first bytes of an object, in memory.
pub(crate) async fn head_of(clients: &Clients, location: &Location<'_>, bytes: u64) -> Result<Vec<u8>, ObjectError> {
    let Some(last) = bytes.checked_sub(1) else { return Ok(Vec::new()) };
    let call = clients.calls.get_object().bucket(location.bucket).key(location.key);
    let call = call.set_version_id(location.version.map(ToOwned::to_owned)).range(format!("bytes=0-{last}"));
    let mut body = match call.send().await {
        Ok(answer) => answer.body,
        // S3's answer to any range of an empty object.
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 416) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failure("read", location, error)),
    };
    let mut head = Vec::new();
    let limit = usize::try_from(bytes).unwrap_or(usize::MAX);
    while let Some(chunk) = body.try_next().await.map_err(|error| broken("read", location, error))? {
        head.extend_from_slice(&chunk[..chunk.len().min(limit - head.len())]);
        if head.len() == limit {
            break;
        }
    }
    Ok(head)
}

/// The object whose parts are fetched.
struct Source<'a> {
    clients: &'a Clients,
    location: Location<'a>,
    /// All parts must be of the same content, even in a bucket without versions.
    etag: &'a str,
    algorithm: Option<CrcAlgorithm>,
}

/// Where a part lies in the object, bytes.
type ByteRange = Range<u64>;

/// An empty object has no parts.
fn parts(size: u64, part_size: u64) -> impl Iterator<Item = ByteRange> {
    let starts = (0..size.div_ceil(part_size)).map(move |number| number * part_size);
    starts.map(move |start| start..size.min(start + part_size))
}

/// Fetches a part, and resumes where its body broke off. Returns its digest.
async fn fetch<'a>(source: &Source<'_>, part: ByteRange, path: &'a Path) -> Result<Option<Digest>, ObjectError> {
    let fill = |mut writer: Writer<'a>| async {
        let outcome = writer.fill(source).await;
        (writer, outcome)
    };
    let (writer, outcome) = fill
        .retry(ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(RESUMPTIONS))
        .context(Writer::open(path, part, source.algorithm).await?)
        .when(|error| matches!(error, ObjectError::Unreachable { .. }))
        .notify(|error, _| tracing::debug!("a part of {} broke off: {error}", source.location))
        .await;
    outcome?;
    writer.finish().await
}

/// Writes a part to its place in the file.
struct Writer<'a> {
    path: &'a Path,
    file: BufWriter<tokio::fs::File>,
    /// What is still to come.
    rest: ByteRange,
    digest: Option<Digest>,
}

impl<'a> Writer<'a> {
    async fn open(path: &'a Path, span: ByteRange, algorithm: Option<CrcAlgorithm>) -> Result<Self, ObjectError> {
        let write = |source| file_error("write", path, source);
        let mut file = OpenOptions::new().write(true).open(path).await.map_err(write)?;
        file.seek(SeekFrom::Start(span.start)).await.map_err(write)?;
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { path, file, rest: span, digest: algorithm.map(Digest::new) })
    }

    /// Requests what is still to come, and writes it.
    async fn fill(&mut self, source: &Source<'_>) -> Result<(), ObjectError> {
        let mut body = self.request(source).await?;
        loop {
            match body.try_next().await {
                Ok(Some(chunk)) => self.write(&chunk, source).await?,
                Ok(None) if self.rest.is_empty() => return Ok(()),
                Ok(None) => return Err(broken(ACTION, &source.location, EndedEarly)),
                // The SDK compares a checksum after the last byte.
                Err(error) if self.rest.is_empty() => return Err(damaged(source, &error.to_string())),
                Err(error) => return Err(broken(ACTION, &source.location, error)),
            }
        }
    }

    async fn write(&mut self, chunk: &[u8], source: &Source<'_>) -> Result<(), ObjectError> {
        let length = chunk.len() as u64;
        if length > self.rest.end - self.rest.start {
            return Err(damaged(source, "S3 sent more bytes than requested"));
        }
        self.file.write_all(chunk).await.map_err(|error| file_error("write", self.path, error))?;
        self.digest.iter_mut().for_each(|digest| digest.update(chunk));
        self.rest.start += length;
        Ok(())
    }

    async fn request(&self, source: &Source<'_>) -> Result<ByteStream, ObjectError> {
        let Location { bucket, key, version } = source.location;
        let call = source.clients.transfers.get_object().bucket(bucket).key(key);
        let call = call.set_version_id(version.map(ToOwned::to_owned)).if_match(format!("\"{}\"", source.etag));
        let call = call.range(format!("bytes={}-{}", self.rest.start, self.rest.end - 1));
        let answer = call.send().await.map_err(|error| failure(ACTION, &source.location, error))?;
        let expected = format!("bytes {}-{}/", self.rest.start, self.rest.end - 1);
        if answer.content_range().is_some_and(|range| range.starts_with(&expected)) {
            return Ok(answer.body);
        }
        Err(damaged(source, "S3 sent another range than requested"))
    }

    async fn finish(mut self) -> Result<Option<Digest>, ObjectError> {
        self.file.flush().await.map_err(|source| file_error("write", self.path, source))?;
        Ok(self.digest)
    }
}

/// The body is shorter than its range, although the connection did not break.
#[derive(Debug, thiserror::Error)]
#[error("the body ended early")]
struct EndedEarly;

fn damaged(source: &Source<'_>, reason: &str) -> ObjectError {
    ObjectError::Damaged { object: source.location.to_string(), reason: reason.to_owned() }
}
