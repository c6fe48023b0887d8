//! One part of an object, fetched to its place in the file.

use std::io::SeekFrom;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use crc_fast::{CrcAlgorithm, Digest};
use tokio::fs::OpenOptions;
use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufWriter};

use super::ACTION;
use super::file::file_error;
use crate::sdk::{Address, broken, failure};
use crate::{ObjectError, Objects};

/// How often a part's body may break off. The SDK repeats only calls, not bodies that it has handed out.
const ATTEMPTS: u32 = 5;

/// The pause after the first break; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What is gathered before it is written, bytes.
const BUFFER: usize = 512 * 1024;

/// The object whose parts are fetched.
pub(super) struct Source<'a> {
    pub objects: &'a Objects,
    pub address: Address<'a>,
    /// All parts must be of the same content, in a bucket without versions too.
    pub etag: &'a str,
    pub algorithm: Option<CrcAlgorithm>,
}

/// Where a part lies in the object, bytes.
pub(super) type Span = Range<u64>;

/// A part that is being written.
pub(super) struct Part {
    span: Span,
}

impl Part {
    /// The parts of an object; an empty one has none.
    pub fn all(size: u64, part_size: u64) -> impl Iterator<Item = Self> {
        let starts = (0..size.div_ceil(part_size)).map(move |number| number * part_size);
        starts.map(move |start| Self { span: start..size.min(start + part_size) })
    }
}

/// Fetches a part, and goes on where its body broke off. Returns its digest.
pub(super) async fn fetch(source: &Source<'_>, part: Part, path: &Path) -> Result<Option<Digest>, ObjectError> {
    let mut writer = Writer::open(path, part.span, source.algorithm).await?;
    let mut breaks = 0;
    while let Err(error) = writer.fill(source).await {
        breaks += 1;
        if breaks == ATTEMPTS || !matches!(error, ObjectError::Unreachable { .. }) {
            return Err(error);
        }
        tracing::debug!(object = %source.address, at = writer.rest.start, %error, "a part broke off");
        tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(breaks - 1)).await;
    }
    writer.finish().await
}

/// A part's place in the file.
struct Writer<'a> {
    path: &'a Path,
    file: BufWriter<tokio::fs::File>,
    /// What is still to come.
    rest: Span,
    digest: Option<Digest>,
}

impl<'a> Writer<'a> {
    async fn open(path: &'a Path, span: Span, algorithm: Option<CrcAlgorithm>) -> Result<Self, ObjectError> {
        let write = |source| file_error("write", path, source);
        let mut file = OpenOptions::new().write(true).open(path).await.map_err(write)?;
        file.seek(SeekFrom::Start(span.start)).await.map_err(write)?;
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { path, file, rest: span, digest: algorithm.map(Digest::new) })
    }

    /// Asks for what is still to come, and writes what comes.
    async fn fill(&mut self, source: &Source<'_>) -> Result<(), ObjectError> {
        let mut body = self.request(source).await?;
        loop {
            match body.try_next().await {
                Ok(Some(chunk)) => self.write(&chunk, source).await?,
                Ok(None) if self.rest.is_empty() => return Ok(()),
                Ok(None) => return Err(broken(ACTION, &source.address, EndedEarly)),
                // The SDK has compared a checksum behind the last byte.
                Err(error) if self.rest.is_empty() => return Err(damaged(source, &error.to_string())),
                Err(error) => return Err(broken(ACTION, &source.address, error)),
            }
        }
    }

    async fn write(&mut self, chunk: &[u8], source: &Source<'_>) -> Result<(), ObjectError> {
        let length = chunk.len() as u64;
        if length > self.rest.end - self.rest.start {
            return Err(damaged(source, "S3 sent more than it was asked for"));
        }
        self.file.write_all(chunk).await.map_err(|error| file_error("write", self.path, error))?;
        self.digest.iter_mut().for_each(|digest| digest.update(chunk));
        self.rest.start += length;
        Ok(())
    }

    async fn request(&self, source: &Source<'_>) -> Result<ByteStream, ObjectError> {
        let Address { bucket, key, version } = source.address;
        let call = source.objects.transfers.get_object().bucket(bucket).key(key);
        let call = call.set_version_id(version.map(ToOwned::to_owned)).if_match(format!("\"{}\"", source.etag));
        let call = call.range(format!("bytes={}-{}", self.rest.start, self.rest.end - 1));
        let answer = call.send().await.map_err(|error| failure(ACTION, &source.address, error))?;
        let expected = format!("bytes {}-{}/", self.rest.start, self.rest.end - 1);
        if answer.content_range().is_some_and(|range| range.starts_with(&expected)) {
            return Ok(answer.body);
        }
        Err(damaged(source, "S3 answered with another range than it was asked for"))
    }

    async fn finish(mut self) -> Result<Option<Digest>, ObjectError> {
        self.file.flush().await.map_err(|source| file_error("write", self.path, source))?;
        Ok(self.digest)
    }
}

/// A body that is shorter than its range, although nothing broke.
#[derive(Debug, thiserror::Error)]
#[error("the body ended early")]
struct EndedEarly;

fn damaged(source: &Source<'_>, reason: &str) -> ObjectError {
    ObjectError::Damaged { object: source.address.to_string(), reason: reason.to_owned() }
}
