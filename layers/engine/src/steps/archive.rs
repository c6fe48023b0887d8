//! The file that carries the results of one stage to another: a ZIP archive. Its entries are stored without compression,
//! because images are compressed already, and stream from disk to disk.
//!
//! An archive that comes back from its storage is not trusted: no name in it becomes a path, an entry may not be longer
//! than its reader allows, all entries together may not be longer than the archive, and no entry may be left over.

use crate::cancellation::Cancellation;
use crate::error::{EngineError, IntermediateError};
use crate::output::OutputError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Bytes that are copied between two checks for cancellation.
const CHUNK: usize = 1 << 20;

/// From this length on, an entry needs the ZIP64 fields.
const LARGE: u64 = 0xFFFF_FFFF;

enum Interruption {
    Cancelled,
    Read(std::io::Error),
    Write(std::io::Error),
}

/// Copies all bytes, until the run is cancelled.
fn transfer(source: &mut impl Read, sink: &mut impl Write, cancellation: &Cancellation) -> Result<(), Interruption> {
    let mut chunk = vec![0; CHUNK];
    loop {
        if cancellation.is_cancelled() {
            return Err(Interruption::Cancelled);
        }
        match source.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => sink.write_all(&chunk[..count]).map_err(Interruption::Write)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Interruption::Read(error)),
        }
    }
}

/// SHA-256 of a file, in hexadecimal digits.
pub(crate) fn fingerprint(path: &Path, cancellation: &Cancellation) -> Result<String, EngineError> {
    let failed = |error| OutputError::io(path, error);
    let mut hash = Hash(Sha256::new());
    let mut file = File::open(path).map_err(failed)?;
    transfer(&mut file, &mut hash, cancellation).map_err(|interruption| match interruption {
        Interruption::Cancelled => EngineError::Cancelled,
        Interruption::Read(error) | Interruption::Write(error) => failed(error).into(),
    })?;
    Ok(hash.0.finalize().iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    }))
}

struct Hash(Sha256);

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) struct ArchiveWriter<'a> {
    zip: ZipWriter<BufWriter<File>>,
    path: &'a Path,
    cancellation: &'a Cancellation,
}

impl<'a> ArchiveWriter<'a> {
    pub(crate) fn create(path: &'a Path, cancellation: &'a Cancellation) -> Result<Self, EngineError> {
        let file = File::create(path).map_err(|error| OutputError::io(path, error))?;
        Ok(Self { zip: ZipWriter::new(BufWriter::new(file)), path, cancellation })
    }

    pub(crate) fn add_json<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), EngineError> {
        let bytes = serde_json::to_vec(value).map_err(|error| OutputError::Document { reason: error.to_string() })?;
        self.add(name, bytes.len() as u64, &mut bytes.as_slice())
    }

    pub(crate) fn add_file(&mut self, name: &str, path: &Path) -> Result<(), EngineError> {
        let failed = |error| OutputError::io(path, error);
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        self.add(name, length, &mut file)
    }

    fn add(&mut self, name: &str, length: u64, source: &mut impl Read) -> Result<(), EngineError> {
        // Without the time of writing, the same content always gives the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(length >= LARGE);
        self.zip.start_file(name, options).map_err(|error| self.failed(error))?;
        transfer(source, &mut self.zip, self.cancellation).map_err(|interruption| match interruption {
            Interruption::Cancelled => EngineError::Cancelled,
            Interruption::Read(error) | Interruption::Write(error) => OutputError::io(self.path, error).into(),
        })
    }

    /// Writes the central directory, without which the file cannot be read.
    pub(crate) fn finish(self) -> Result<(), EngineError> {
        let path = self.path;
        let mut file = self.zip.finish().map_err(|error| failure(path, error))?;
        Ok(file.flush().map_err(|error| OutputError::io(path, error))?)
    }

    fn failed(&self, error: ZipError) -> EngineError {
        failure(self.path, error)
    }
}

fn failure(path: &Path, error: ZipError) -> EngineError {
    match error {
        ZipError::Io(error) => OutputError::io(path, error).into(),
        other => OutputError::Document { reason: other.to_string() }.into(),
    }
}

pub(crate) struct ArchiveReader<'a> {
    zip: ZipArchive<BufReader<File>>,
    file: String,
    /// How many bytes may still be extracted: stored entries are not longer than their archive.
    rest: u64,
    taken: usize,
    cancellation: &'a Cancellation,
}

impl<'a> ArchiveReader<'a> {
    pub(crate) fn open(
        path: &Path,
        most_entries: usize,
        cancellation: &'a Cancellation,
    ) -> Result<Self, IntermediateError> {
        let file = file_name(path);
        let unreadable = |source| IntermediateError::Unreadable { file: file.clone(), source };
        let opened = File::open(path).map_err(unreadable)?;
        let rest = opened.metadata().map_err(unreadable)?.len();
        let zip = ZipArchive::new(BufReader::new(opened)).map_err(|error| match error {
            ZipError::Io(error) => broken(&file, error),
            other => IntermediateError::damaged(&file, other.to_string()),
        })?;
        if zip.len() > most_entries || zip.has_duplicate_names() {
            return Err(IntermediateError::refused(
                &file,
                format!("it has {} entries, or two with the same name", zip.len()),
            ));
        }
        Ok(Self { zip, file, rest, taken: 0, cancellation })
    }

    /// The name of the archive without its directory, for messages.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn has(&self, entry: &str) -> bool {
        self.zip.index_for_name(entry).is_some()
    }

    /// Reads an entry of at most `limit` bytes as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&mut self, entry: &str, limit: u64) -> Result<T, EngineError> {
        let mut bytes = Vec::new();
        self.take(entry, limit, &mut bytes, Path::new(entry))?;
        let parsed = serde_json::from_slice(&bytes);
        Ok(parsed
            .map_err(|error| IntermediateError::damaged(&self.file, format!("{entry} cannot be read ({error})")))?)
    }

    /// Writes an entry of at most `limit` bytes to a file.
    pub(crate) fn extract(&mut self, entry: &str, limit: u64, target: &Path) -> Result<(), EngineError> {
        let mut sink = File::create(target).map_err(|error| OutputError::io(target, error))?;
        self.take(entry, limit, &mut sink, target)
    }

    /// Allows an entry that is not needed.
    pub(crate) fn skip(&mut self, entry: &str) {
        self.taken += usize::from(self.has(entry));
    }

    fn take(&mut self, entry: &str, limit: u64, sink: &mut impl Write, target: &Path) -> Result<(), EngineError> {
        let file = &self.file;
        let mut found = self.zip.by_name(entry).map_err(|error| match error {
            ZipError::Io(error) => broken(file, error),
            other => IntermediateError::damaged(file, format!("{entry}: {other}")),
        })?;
        let length = found.size();
        if found.compression() != CompressionMethod::Stored || found.encrypted() || found.compressed_size() != length {
            return Err(IntermediateError::refused(file, format!("{entry} is compressed or encrypted")).into());
        }
        if length > limit || length > self.rest {
            return Err(IntermediateError::refused(file, format!("{entry} has {length} bytes")).into());
        }
        // The checksum is compared at the end of the entry.
        transfer(&mut found, sink, self.cancellation).map_err(|interruption| match interruption {
            Interruption::Cancelled => EngineError::Cancelled,
            Interruption::Read(error) => broken(file, error).into(),
            Interruption::Write(error) => OutputError::io(target, error).into(),
        })?;
        self.rest -= length;
        self.taken += 1;
        Ok(())
    }

    /// # Errors
    /// [`IntermediateError::Refused`] if the archive has entries that were neither read nor skipped.
    pub(crate) fn finish(self) -> Result<(), IntermediateError> {
        let surplus = self.zip.len() - self.taken.min(self.zip.len());
        if surplus == 0 {
            return Ok(());
        }
        Err(IntermediateError::refused(&self.file, format!("it has {surplus} unknown entries")))
    }
}

/// The name of a file without its directory, for messages.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A failure to read the archive: it is damaged if the checksum is wrong or the data end early.
fn broken(file: &str, error: std::io::Error) -> IntermediateError {
    match error.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::Other => {
            IntermediateError::damaged(file, error.to_string())
        }
        _ => IntermediateError::Unreadable { file: file.to_owned(), source: error },
    }
}
