//! The one file that a stage leaves behind: a ZIP archive whose entries are stored, not deflated (pictures are
//! compressed already). Entries stream from disk to disk.
//!
//! The archive comes back from where it was kept, so it is read with care: no name out of it ever becomes a path, no
//! entry may be longer than the caller says, all of them together not longer than the file, and nothing may be left over.

use super::manifest::refused;
use super::{IntermediateError, ProcessError};
use crate::cancellation::Cancellation;
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

/// Bytes that are moved between two looks at the cancellation.
const CHUNK: usize = 1 << 20;

/// From this length on an entry needs the larger fields of the format.
const LARGE: u64 = 0xFFFF_FFFF;

/// Why bytes did not arrive.
enum Interruption {
    Cancelled,
    Read(std::io::Error),
    Write(std::io::Error),
}

/// Moves all bytes; between two chunks somebody may stop it.
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
pub(super) fn fingerprint(path: &Path, cancellation: &Cancellation) -> Result<String, ProcessError> {
    let failed = |error| OutputError::io(path, error);
    let mut hash = Hash(Sha256::new());
    let mut file = File::open(path).map_err(failed)?;
    transfer(&mut file, &mut hash, cancellation).map_err(|interruption| match interruption {
        Interruption::Cancelled => ProcessError::Cancelled,
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

/// An archive under way.
pub(super) struct ArchiveWriter<'a> {
    zip: ZipWriter<BufWriter<File>>,
    path: &'a Path,
    cancellation: &'a Cancellation,
}

impl<'a> ArchiveWriter<'a> {
    pub(super) fn create(path: &'a Path, cancellation: &'a Cancellation) -> Result<Self, ProcessError> {
        let file = File::create(path).map_err(|error| OutputError::io(path, error))?;
        Ok(Self { zip: ZipWriter::new(BufWriter::new(file)), path, cancellation })
    }

    pub(super) fn add_json<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), ProcessError> {
        let bytes = serde_json::to_vec(value).map_err(|error| OutputError::Document { reason: error.to_string() })?;
        self.add(name, bytes.len() as u64, &mut bytes.as_slice())
    }

    pub(super) fn add_file(&mut self, name: &str, path: &Path) -> Result<(), ProcessError> {
        let failed = |error| OutputError::io(path, error);
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        self.add(name, length, &mut file)
    }

    fn add(&mut self, name: &str, length: u64, source: &mut impl Read) -> Result<(), ProcessError> {
        // The same bytes whenever it is written.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(length >= LARGE);
        self.zip.start_file(name, options).map_err(|error| self.failed(error))?;
        transfer(source, &mut self.zip, self.cancellation).map_err(|interruption| match interruption {
            Interruption::Cancelled => ProcessError::Cancelled,
            Interruption::Read(error) | Interruption::Write(error) => OutputError::io(self.path, error).into(),
        })
    }

    /// Writes the table of contents, without which the file is no archive.
    pub(super) fn finish(self) -> Result<(), ProcessError> {
        let path = self.path;
        let mut file = self.zip.finish().map_err(|error| failure(path, error))?;
        Ok(file.flush().map_err(|error| OutputError::io(path, error))?)
    }

    fn failed(&self, error: ZipError) -> ProcessError {
        failure(self.path, error)
    }
}

fn failure(path: &Path, error: ZipError) -> ProcessError {
    match error {
        ZipError::Io(error) => OutputError::io(path, error).into(),
        other => OutputError::Document { reason: other.to_string() }.into(),
    }
}

/// An archive that came from outside.
pub(super) struct ArchiveReader<'a> {
    zip: ZipArchive<BufReader<File>>,
    file: String,
    /// Bytes that may still come out of it: stored entries are not longer than their archive.
    rest: u64,
    taken: usize,
    cancellation: &'a Cancellation,
}

impl<'a> ArchiveReader<'a> {
    /// Opens an archive of at most so many entries.
    pub(super) fn open(
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
            other => damaged(&file, other.to_string()),
        })?;
        if zip.len() > most_entries || zip.has_duplicate_names() {
            return Err(refused(&file, &format!("{} entries, or two of one name", zip.len())));
        }
        Ok(Self { zip, file, rest, taken: 0, cancellation })
    }

    /// Name of the archive, for messages.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn has(&self, entry: &str) -> bool {
        self.zip.index_for_name(entry).is_some()
    }

    /// Reads an entry of at most `limit` bytes as JSON.
    pub(super) fn json<T: DeserializeOwned>(&mut self, entry: &str, limit: u64) -> Result<T, ProcessError> {
        let mut bytes = Vec::new();
        self.take(entry, limit, &mut bytes, Path::new(entry))?;
        let parsed = serde_json::from_slice(&bytes);
        Ok(parsed.map_err(|error| damaged(&self.file, format!("{entry} is not what it should be ({error})")))?)
    }

    /// Writes an entry of at most `limit` bytes to a file.
    pub(super) fn extract(&mut self, entry: &str, limit: u64, target: &Path) -> Result<(), ProcessError> {
        let mut sink = File::create(target).map_err(|error| OutputError::io(target, error))?;
        self.take(entry, limit, &mut sink, target)
    }

    /// Passes over an entry that is not needed.
    pub(super) fn pass_over(&mut self, entry: &str) {
        self.taken += usize::from(self.has(entry));
    }

    fn take(&mut self, entry: &str, limit: u64, sink: &mut impl Write, target: &Path) -> Result<(), ProcessError> {
        let file = &self.file;
        let mut found = self.zip.by_name(entry).map_err(|error| match error {
            ZipError::Io(error) => broken(file, error),
            other => damaged(file, format!("{entry}: {other}")),
        })?;
        let length = found.size();
        if found.compression() != CompressionMethod::Stored || found.encrypted() || found.compressed_size() != length {
            return Err(refused(file, &format!("{entry} is not stored as it is")).into());
        }
        if length > limit || length > self.rest {
            return Err(refused(file, &format!("{entry} has {length} bytes")).into());
        }
        // To the very end: there the checksum is compared.
        transfer(&mut found, sink, self.cancellation).map_err(|interruption| match interruption {
            Interruption::Cancelled => ProcessError::Cancelled,
            Interruption::Read(error) => broken(file, error).into(),
            Interruption::Write(error) => OutputError::io(target, error).into(),
        })?;
        self.rest -= length;
        self.taken += 1;
        Ok(())
    }

    /// Fails when there is more in the archive than was asked for.
    pub(super) fn finish(self) -> Result<(), IntermediateError> {
        let surplus = self.zip.len() - self.taken.min(self.zip.len());
        if surplus == 0 { Ok(()) } else { Err(refused(&self.file, &format!("{surplus} entries that nobody expects"))) }
    }
}

/// The last component of a path, as messages name it.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

pub(super) fn damaged(file: &str, reason: String) -> IntermediateError {
    IntermediateError::Damaged { file: file.to_owned(), reason }
}

/// A failure while the archive was read: a wrong checksum, an early end, or the disk.
fn broken(file: &str, error: std::io::Error) -> IntermediateError {
    match error.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::Other => {
            damaged(file, error.to_string())
        }
        _ => IntermediateError::Unreadable { file: file.to_owned(), source: error },
    }
}
