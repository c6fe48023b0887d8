//! The state directory, and the record in it of what `up` started, so that the next `up` finds it and `down` stops it.

use super::process::Identity;
use crate::workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What is known of a stack: lines of NAME=VALUE in a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Record(BTreeMap<String, String>);

/// The directory of PostgreSQL's data.
pub const CLUSTER: &str = "cluster";
/// The password of the database's only user.
pub const PASSWORD: &str = "password";
pub const POSTGRES_PORT: &str = "postgres_port";
pub const LOCALSTACK_PORT: &str = "localstack_port";
/// Fingerprint of the template and its parameters, for which LocalStack was started.
pub const PLAN: &str = "plan";
/// Fingerprint of what was deployed, including the functions.
pub const DEPLOYED: &str = "deployed";
/// The database that belongs to this LocalStack.
pub const DATABASE: &str = "database";

const LOCALSTACK: [&str; 2] = ["localstack_pid", "localstack_started"];
const CONSOLE: [&str; 2] = ["console_pid", "console_started"];
pub const CONSOLE_PORT: &str = "console_port";
/// Fingerprint of the console's program and settings.
pub const CONSOLE_PLAN: &str = "console_plan";
/// What an output of the deployed template is recorded under.
const OUTPUT: &str = "output.";

impl Record {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    pub fn output(&self, name: &str) -> Option<&str> {
        self.get(&format!("{OUTPUT}{name}"))
    }

    pub fn set_output(&mut self, name: &str, value: &str) {
        self.set(&format!("{OUTPUT}{name}"), value);
    }

    /// LocalStack, if it was started and still runs.
    pub fn localstack(&self) -> Option<Identity> {
        self.process(LOCALSTACK)
    }

    /// The console, if it was started and still runs.
    pub fn console(&self) -> Option<Identity> {
        self.process(CONSOLE)
    }

    fn process(&self, names: [&str; 2]) -> Option<Identity> {
        let number = |name| self.get(name)?.parse::<u64>().ok();
        let [pid, started] = names.map(number);
        let identity = Identity { pid: i32::try_from(pid?).ok()?, started: started? };
        identity.is_alive().then_some(identity)
    }

    pub fn set_console(&mut self, process: Identity, port: u16, plan: &str) {
        self.set(CONSOLE[0], process.pid);
        self.set(CONSOLE[1], process.started);
        self.set(CONSOLE_PORT, port);
        self.set(CONSOLE_PLAN, plan);
    }

    pub fn set_localstack(&mut self, process: Identity, port: u16, plan: &str) {
        self.set(LOCALSTACK[0], process.pid);
        self.set(LOCALSTACK[1], process.started);
        self.set(LOCALSTACK_PORT, port);
        self.set(PLAN, plan);
    }

    /// Forgets LocalStack and everything in it.
    pub fn forget_localstack(&mut self) {
        let others = [CLUSTER, PASSWORD, POSTGRES_PORT, CONSOLE[0], CONSOLE[1], CONSOLE_PORT, CONSOLE_PLAN];
        self.0.retain(|name, _| others.contains(&name.as_str()));
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
    /// Locks the directory, and creates it first if it is missing.
    pub fn open(directory: &Path) -> Result<Self> {
        let directory = std::path::absolute(directory)?;
        workspace::create_directory(&directory)?;
        let path = directory.join("lock");
        let lock = File::create(&path).with_context(|| format!("{} could not be written", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory, _lock: lock }),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} could not be locked", path.display()))
            }
            Err(TryLockError::WouldBlock) => bail!(
                "Another `cargo xtask up` or `down` is using {}. Wait for it, or use another --state.",
                directory.display()
            ),
        }
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A directory below it, created if it is missing.
    pub fn make(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(name);
        workspace::create_directory(&path)?;
        Ok(path)
    }

    /// The record; an empty one if nothing was started yet.
    pub fn read(&self) -> Result<Record> {
        let path = self.path("record");
        if !path.exists() {
            return Ok(Record::default());
        }
        let text = String::from_utf8_lossy(&workspace::read(&path)?).into_owned();
        let pairs = text.lines().map(|line| line.split_once('=').map(|(name, value)| (name.into(), value.into())));
        let record = pairs.collect::<Option<_>>().map(Record);
        record.with_context(|| format!("{} is damaged. Stop what it names by hand, then delete it.", path.display()))
    }

    /// Writes the record. Call it as soon as something was started, so that `down` can always stop it.
    pub fn write(&self, record: &Record) -> Result<()> {
        let lines: String = record.0.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        self.write_private("record", &lines)
    }

    /// Replaces a file that only its owner may read.
    pub fn write_private(&self, name: &str, text: &str) -> Result<()> {
        let (path, partial) = (self.path(name), self.path(&format!("{name}.partial")));
        let write = || -> std::io::Result<()> {
            fs::remove_file(&partial).ok();
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
            file.write_all(text.as_bytes())?;
            fs::rename(&partial, &path)
        };
        write().with_context(|| format!("{} could not be written", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_record_survives_and_only_its_owner_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let mut record = Record::default();
        record.set_localstack(Identity { pid: 7, started: 8 }, 9, "a=b");
        state.write(&record).unwrap();
        assert_eq!(state.read().unwrap(), record);
        assert_eq!(record.get(PLAN), Some("a=b"));
        let mode = fs::metadata(state.path("record")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn without_localstack_only_postgres_is_remembered() {
        let mut record = Record::default();
        record.set(CLUSTER, "/data");
        record.set_localstack(Identity { pid: 7, started: 8 }, 9, "");
        record.set_output("BusName", "bus");
        record.forget_localstack();
        assert_eq!((record.get(CLUSTER), record.output("BusName")), (Some("/data"), None));
        assert_eq!(record.0.len(), 1);
    }

    /// It runs on, so `up` must find it to restart it, and `down` to stop it.
    #[test]
    fn the_console_outlives_localstack() {
        let mut record = Record::default();
        record.set_console(Identity { pid: 7, started: 8 }, 9, "plan");
        let before = record.0.clone();
        record.forget_localstack();
        assert_eq!(record.0, before);
    }

    #[test]
    fn two_at_once_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let first = State::open(directory.path()).unwrap();
        assert!(State::open(directory.path()).unwrap_err().to_string().contains("Another"));
        drop(first);
        State::open(directory.path()).unwrap();
    }

    #[test]
    fn a_damaged_record_is_not_taken_for_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        fs::write(state.path("record"), "{").unwrap();
        assert!(state.read().unwrap_err().to_string().contains("damaged"));
    }
}
