//! What a child may use of the machine.
//!
//! The limits must be in force before the program's first instruction, and code between fork and exec
//! would be unsafe; so util-linux's `prlimit`, a required package of every Debian, sets them and then
//! becomes the program. (Setting them from outside right after the start was tried: on a busy machine
//! the child can be done with its mischief before its parent runs again.)

use rustix::process::{Resource, getrlimit};
use std::ffi::OsString;

/// The program that sets the limits, and its package.
pub(super) const LIMITER: (&str, &str) = ("prlimit", "util-linux");

/// What a child, and each of its own children, may use of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Seconds of processor time.
    pub processor_seconds: u64,
    /// Bytes of address space.
    pub address_space: u64,
    /// Bytes of the largest file that it may write.
    pub file_size: u64,
}

impl Default for Limits {
    /// Ten minutes of processor time, 4 GiB of address space, files up to 8 GiB.
    fn default() -> Self {
        Self { processor_seconds: 600, address_space: 4 << 30, file_size: 8 << 30 }
    }
}

impl Limits {
    /// The limiter's arguments, up to the program that it is to become.
    pub(super) fn arguments(self) -> Vec<OsString> {
        // One second between the soft limit and the hard one: the soft one's signal tells a spent
        // processor limit from any other kill.
        let seconds = self.processor_seconds;
        let processor = pair(Resource::Cpu, seconds, seconds.saturating_add(1));
        let memory = pair(Resource::As, self.address_space, self.address_space);
        let file = pair(Resource::Fsize, self.file_size, self.file_size);
        let limits = [format!("--cpu={processor}"), format!("--as={memory}"), format!("--fsize={file}")];
        limits.into_iter().chain(["--core=0".into(), "--".into()]).map(OsString::from).collect()
    }
}

/// `soft:hard`, never above what this process itself may have: raising a limit needs privileges.
fn pair(resource: Resource, soft: u64, hard: u64) -> String {
    let ceiling = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    format!("{}:{}", soft.min(ceiling), hard.min(ceiling))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limiter_is_told_every_limit() {
        let limits = Limits { processor_seconds: 5, address_space: 1 << 20, file_size: 1000 };
        let expected = ["--cpu=5:6", "--as=1048576:1048576", "--fsize=1000:1000", "--core=0", "--"];
        assert_eq!(limits.arguments(), expected.map(OsString::from));
    }
}
