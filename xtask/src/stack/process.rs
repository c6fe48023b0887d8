//! Processes that outlive this one: started apart, recorded with their start times, ended surely. A process id alone
//! is no name: the system gives it to a stranger once its bearer has ended.

use crate::error::Error;
use crate::program;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a process that is to end is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Names one process for good, on this start of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its id.
    pub pid: i32,
    /// Its start, in clock ticks since the machine's; see proc(5).
    pub started: u64,
}

impl Identity {
    /// The process that has this id now.
    pub fn of(pid: i32) -> Option<Self> {
        let (started, state) = stat(pid)?;
        // A zombie has ended; whoever started it has not looked yet.
        (state != 'Z').then_some(Self { pid, started })
    }

    /// True while it runs.
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal, if it still runs. The descriptor is taken before the identity is checked, so that the signal
    /// reaches this process or none.
    pub fn signal(self, signal: Signal) {
        let descriptor = Pid::from_raw(self.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        if let Some(descriptor) = descriptor.filter(|_| self.is_alive()) {
            // It may end between the check and the signal, which is what the signal wants.
            pidfd_send_signal(descriptor, signal).ok();
        }
    }

    /// Waits for its end; false when it still runs after the time.
    pub fn wait(self, limit: Duration) -> bool {
        let begun = Instant::now();
        while self.is_alive() {
            if begun.elapsed() > limit {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        true
    }
}

/// Start time and state letter out of /proc.
fn stat(pid: i32) -> Option<(u64, char)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the fields are counted from after it.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(19)?.parse().ok()?, fields.first()?.chars().next()?))
}

/// Starts a program in a session of its own, so that neither the end of this task nor a key on the terminal ends it.
/// Its output goes to a file.
pub fn start(command: &Command, log: &Path) -> Result<Identity, Error> {
    let file = File::create(log).map_err(Error::file("writing", log))?;
    let errors = file.try_clone().map_err(Error::file("writing", log))?;
    let mut apart = Command::new("setsid");
    apart.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => apart.env(name, value),
            None => apart.env_remove(name),
        };
    }
    apart.current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
    let child = apart.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
    let child = child.map_err(|source| Error::Start { command: program::line(&apart), source })?;
    let pid = i32::try_from(child.id()).unwrap_or_default();
    // One that ended at once has no start time any more; it is found dead when it is waited for.
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
        identity.signal(Signal::KILL);
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
        earlier.signal(Signal::KILL);
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
        let identity = start(&command, &log).unwrap();
        assert!(identity.wait(Duration::from_secs(30)));
        assert_eq!(fs::read_to_string(&log).unwrap(), format!("session {0} {0}\n", identity.pid));
    }
}
