//! The state directory and the record in it: what `up` started, so that the next `up` finds it and `down` ends it.

use super::error::StackError;
use super::process::Identity;
use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What is known of a stack.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// PostgreSQL, if it was started.
    pub postgres: Option<Server>,
    /// LocalStack, if it was started.
    pub localstack: Option<Server>,
    /// PostgreSQL's data directory.
    pub cluster: Option<PathBuf>,
    /// Password of the database's only user; random, the server listens on loopback only.
    pub password: Option<String>,
    /// The LocalStack that the database belongs to.
    pub database_of: Option<Identity>,
    /// Digest of the template and its parameters that this LocalStack was started for.
    pub plan: Option<String>,
    /// Digest of what was deployed last, functions included.
    pub deployed: Option<String>,
    /// The outputs of that deployment.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
}

/// A server that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its process.
    pub process: Identity,
    /// Its port on loopback.
    pub port: u16,
}

impl Server {
    /// The server, if it still runs.
    pub fn running(server: Option<Self>) -> Option<Self> {
        server.filter(|server| server.process.is_alive())
    }
}

/// The state directory, locked: one `up` or `down` at a time.
#[derive(Debug)]
pub struct State {
    directory: PathBuf,
    /// Held for its lock.
    _lock: File,
}

impl State {
    /// Makes the directory if need be, and locks it.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let directory = std::path::absolute(directory).map_err(Error::file("finding", directory))?;
        fs::create_dir_all(&directory).map_err(Error::file("making", &directory))?;
        let path = directory.join("lock");
        let lock = File::create(&path).map_err(Error::file("writing", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StackError::Busy(directory).into()),
            Err(TryLockError::Error(source)) => Err(Error::file("locking", &path)(source)),
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A path below it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A directory below it, made if need be.
    pub fn make(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.path(name);
        fs::create_dir_all(&path).map_err(Error::file("making", &path))?;
        Ok(path)
    }

    /// The record; an empty one when nothing was started yet.
    pub fn read(&self) -> Result<Record, Error> {
        let path = self.path("record.json");
        if !path.exists() {
            return Ok(Record::default());
        }
        let bytes = fs::read(&path).map_err(Error::file("reading", &path))?;
        serde_json::from_slice(&bytes).map_err(|error| StackError::Record { path, reason: error.to_string() }.into())
    }

    /// Writes the record; at once after anything is started, so that it can be ended whatever comes.
    pub fn write(&self, record: &Record) -> Result<(), Error> {
        let path = self.path("record.json");
        let text = serde_json::to_string_pretty(record).map_err(|error| Error::file("writing", &path)(error.into()))?;
        self.write_private("record.json", &text)
    }

    /// Writes a file that its owner alone may read, whole or not at all.
    pub fn write_private(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path(name);
        let failed = |source| Error::File { action: "writing", path: path.clone(), source };
        let mut file = tempfile::NamedTempFile::new_in(&self.directory).map_err(failed)?;
        file.as_file().set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Removes what tells others that the stack runs.
    pub fn forget_environment(&self) -> Result<(), Error> {
        let path = self.path(super::environment::FILE);
        if path.exists() { fs::remove_file(&path).map_err(Error::file("removing", &path)) } else { Ok(()) }
    }

    /// Removes the directory.
    pub fn remove(self) -> Result<(), Error> {
        fs::remove_dir_all(&self.directory).map_err(Error::file("removing", &self.directory))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_survives_and_only_its_owner_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let server = Server { process: Identity { pid: 7, started: 8 }, port: 9 };
        state.write(&Record { postgres: Some(server), ..Record::default() }).unwrap();
        assert_eq!(state.read().unwrap().postgres, Some(server));
        let mode = fs::metadata(state.path("record.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn two_at_once_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let first = State::open(directory.path()).unwrap();
        assert!(matches!(State::open(directory.path()), Err(Error::Stack(StackError::Busy(_)))));
        drop(first);
        State::open(directory.path()).unwrap();
    }

    #[test]
    fn a_damaged_record_is_not_taken_for_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        fs::write(state.path("record.json"), "{").unwrap();
        assert!(matches!(state.read(), Err(Error::Stack(StackError::Record { .. }))));
    }
}
