//! Processes that outlive this task. A process id is not enough to name one, because the system reuses the ids of ended
//! processes. So a process is recorded with its start time.

use crate::program;
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One process, as long as the machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub pid: i32,
    /// In clock ticks since the start of the machine; see proc(5).
    pub started: u64,
}

impl Identity {
    /// The process that has this id now.
    pub fn of(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in parentheses, may contain anything; the fields are counted from its end.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        // A zombie has ended, but its parent has not collected its status yet.
        (fields.first()? != &"Z").then_some(Self { pid, started: fields.get(19)?.parse().ok()? })
    }

    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal, by its name, if the process still runs.
    pub fn signal(self, name: &str) {
        if self.is_alive() {
            // `kill` of the shell, because not every system has the program.
            program::succeeds(Command::new("sh").args(["-c", &format!("kill -{name} {}", self.pid)]));
        }
    }

    /// Waits for its end. Returns false if it still runs after the limit.
    pub fn wait(self, limit: Duration) -> bool {
        let begun = Instant::now();
        while self.is_alive() {
            if begun.elapsed() > limit {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }
}

/// Starts a program in a session of its own, so that it survives this task and Ctrl-C. Its output goes to the log.
pub fn start(program: &mut Command, log: &Path) -> Result<Identity> {
    let file = File::create(log).with_context(|| format!("{} could not be written", log.display()))?;
    let mut apart = Command::new("setsid");
    apart.arg(program.get_program()).args(program.get_args()).current_dir("/");
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => apart.env(name, value),
            None => apart.env_remove(name),
        };
    }
    if let Some(directory) = program.get_current_dir() {
        apart.current_dir(directory);
    }
    let child = apart.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn();
    let child = child.with_context(|| format!("`{}` could not be started", program::line(&apart)))?;
    let pid = i32::try_from(child.id()).unwrap_or_default();
    // A program that ended at once has no start time any more. Waiting for it will find it dead.
    Ok(Identity::of(pid).unwrap_or(Identity { pid, started: 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> std::process::Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn a_process_is_alive_until_it_is_ended() {
        let mut child = sleeper();
        let identity = Identity::of(child.id() as i32).unwrap();
        assert!(identity.is_alive());
        identity.signal("KILL");
        assert!(identity.wait(Duration::from_secs(30)));
        child.wait().unwrap();
        assert_eq!(Identity::of(identity.pid), None);
    }

    #[test]
    fn a_stranger_with_the_same_id_is_left_alone() {
        let mut child = sleeper();
        let own = Identity::of(child.id() as i32).unwrap();
        let earlier = Identity { started: own.started - 1, ..own };
        assert!(!earlier.is_alive());
        earlier.signal("KILL");
        assert!(own.is_alive());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_started_program_leads_its_own_session_and_writes_its_log() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut command = Command::new("sh");
        command.args(["-c", "echo session $(cut -d' ' -f6 /proc/self/stat) $$"]);
        let identity = start(&mut command, &log).unwrap();
        assert!(identity.wait(Duration::from_secs(30)));
        assert_eq!(fs::read_to_string(&log).unwrap(), format!("session {0} {0}\n", identity.pid));
    }
}
