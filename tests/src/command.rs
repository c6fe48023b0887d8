//! The real `quire` command, run as a person runs it, in a folder where everything it leaves behind shows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a command that cannot be run should stop the test where it stands"
)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The built command.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn quire() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let beside = test.ancestors().nth(2).expect("Cargo puts tests two folders below the profile's").join("quire");
    let target = std::env::var_os("CARGO_TARGET_DIR").map(|target| Path::new(&target).join("release/quire"));
    let found = [Some(beside), target].into_iter().flatten().find(|path| path.is_file());
    found.expect("the command is not built; build it with: cargo build --release -p cli")
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Ending {
    /// Exit status; none when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ending {
    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// The one JSON object on standard output.
    ///
    /// # Panics
    /// When there is anything else.
    #[must_use]
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        let value: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert!(value.is_object(), "{self:?}");
        value
    }

    /// The failure that the JSON object and standard error tell: its code and its message.
    ///
    /// # Panics
    /// When they do not tell the same one.
    #[must_use]
    pub fn failure(&self) -> (String, String) {
        let error = &self.json()["error"];
        let word = |key: &str| error[key].as_str().unwrap_or_else(|| panic!("no {key}: {self:?}")).to_owned();
        let (code, message) = (word("code"), word("message"));
        assert!(self.stderr.contains(&format!("[{code}]")) && self.stderr.contains(&message), "{self:?}");
        (code, message)
    }
}

/// A volume in a folder of its own, with room for results and for temporary files.
#[derive(Debug)]
pub struct Trial {
    folder: PathBuf,
    /// Removes the folder; a shared trial's stays for the other tests.
    _guard: Option<TempDir>,
}

impl Trial {
    /// A trial of these bytes under the sample's name.
    ///
    /// # Panics
    /// When they cannot be written.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let guard = tempfile::Builder::new().prefix("trial-").tempdir().unwrap();
        let trial = Self { folder: guard.path().to_owned(), _guard: Some(guard) };
        trial.fill(bytes);
        trial
    }

    /// A trial that several tests look at, and how it ended: the first of them runs it. Tests may be threads of one
    /// process or processes of one run (cargo-nextest), so the result lies on disk, behind a lock.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn shared(name: &str, volume: impl FnOnce() -> Vec<u8>, options: &[&str]) -> (Self, Ending) {
        let folder = run_folder().join(name);
        let lock = std::fs::File::create(folder.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        let (trial, told) = (Self { folder: folder.clone(), _guard: None }, folder.join("ending.json"));
        if !told.exists() {
            std::fs::create_dir(&folder).unwrap();
            trial.fill(&volume());
            let Ending { status, stdout, stderr } = trial.process(options);
            // While the lock holds: later the tests' own programs look at the results.
            trial.assert_no_process();
            std::fs::write(&told, serde_json::json!([status, stdout, stderr]).to_string()).unwrap();
        }
        let (status, stdout, stderr) = serde_json::from_slice(&std::fs::read(&told).unwrap()).unwrap();
        (trial, Ending { status, stdout, stderr })
    }

    fn fill(&self, bytes: &[u8]) {
        std::fs::write(self.input(), bytes).unwrap();
        std::fs::create_dir(self.temporary()).unwrap();
    }

    /// The trial's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The volume.
    #[must_use]
    pub fn input(&self) -> PathBuf {
        self.folder().join("arc.12.201.207.original.pdf")
    }

    /// Where results go.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        self.folder().join("out")
    }

    /// Where the results of the volume appear.
    #[must_use]
    pub fn results(&self) -> PathBuf {
        self.out().join("arc/12/201")
    }

    fn temporary(&self) -> PathBuf {
        self.folder().join("temporary")
    }

    /// `quire process` of the volume; its temporary files, and those of its children, belong in the trial's folder.
    #[must_use]
    pub fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(quire());
        command.arg("process").arg(self.input()).arg("-o").arg(self.out()).args(options);
        self.at_home(&mut command);
        command
    }

    /// Makes a command's temporary files, and its processes, known as those of this trial.
    pub fn at_home(&self, command: &mut Command) {
        command.env("TMPDIR", self.temporary()).env("OMP_THREAD_LIMIT", "1");
        // With one of these ONNX Runtime keeps silent; the command must see to that by itself.
        for variable in ["ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI"] {
            command.env_remove(variable);
        }
    }

    /// Processes the volume.
    #[must_use]
    pub fn process(&self, options: &[&str]) -> Ending {
        Ending::of(&mut self.command(options))
    }

    /// Fails unless the command left neither a file nor a process.
    ///
    /// # Panics
    /// When there is something.
    pub fn assert_nothing_left(&self) {
        let left: Vec<PathBuf> = [self.out(), self.temporary()].iter().flat_map(|folder| files(folder)).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        self.assert_no_process();
    }

    /// Fails when a process started by the command runs on: its environment, inherited from the command, names the
    /// trial's folder.
    ///
    /// # Panics
    /// When there is one.
    pub fn assert_no_process(&self) {
        let running = processes(&self.folder().to_string_lossy());
        assert!(running.is_empty(), "still running: {running:?}");
    }
}

/// Shared results of runs that ended longer ago are removed.
const KEPT: Duration = Duration::from_secs(3600);

/// Where the shared results of this run of the tests lie.
fn run_folder() -> PathBuf {
    let runs = quire().ancestors().nth(2).unwrap().join("tmp").join("trials");
    let own = std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| format!("process-{}", std::process::id()));
    let folder = runs.join(own);
    if !folder.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::read_dir(runs).unwrap().for_each(|entry| remove_when_old(&entry.unwrap().path()));
    }
    folder
}

fn remove_when_old(run: &Path) {
    let age = run.metadata().and_then(|entry| entry.modified()).map(|time| time.elapsed().unwrap_or_default());
    if age.is_ok_and(|age| age > KEPT) {
        // Another test may be removing it, too.
        let _ = std::fs::remove_dir_all(run);
    }
}

/// Everything below a folder, folders too, sorted; nothing when it is not there.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let below: Vec<PathBuf> = found.iter().filter(|path| !path.is_symlink()).flat_map(|path| files(path)).collect();
    found.extend(below);
    found.sort();
    found
}

/// Command lines of the processes whose environment, command line or working directory holds a text.
#[must_use]
pub fn processes(text: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let entries = std::fs::read_dir("/proc").expect("Linux tells its processes");
    let ids = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let others = ids.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()) && *id != own);
    others.filter_map(|id| mentions(Path::new("/proc").join(id).as_path(), text)).collect()
}

/// The command line, when the process knows the text. A process that ends while it is looked at does not count.
fn mentions(process: &Path, text: &str) -> Option<String> {
    let read = |name: &str| std::fs::read(process.join(name)).unwrap_or_default();
    let line = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
    let environment = String::from_utf8_lossy(&read("environ")).into_owned();
    let place = std::fs::read_link(process.join("cwd")).unwrap_or_default();
    let knows = line.contains(text) || environment.contains(text) || place.to_string_lossy().contains(text);
    knows.then_some(line)
}
