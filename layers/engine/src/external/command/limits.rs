//! What a child may use of the machine.

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

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
    /// Puts the limits on a process that has just been started.
    ///
    /// They are set from outside because code between fork and exec would be unsafe. The child runs
    /// unlimited for some microseconds, before it has read a byte of its input.
    pub(super) fn apply(self, process: Pid) -> Result<(), Errno> {
        // One second between the soft limit and the hard one: the soft one's signal tells a spent
        // processor limit from any other kill.
        let processor = (self.processor_seconds, self.processor_seconds.saturating_add(1));
        let limits = [
            (Resource::Cpu, processor),
            (Resource::As, (self.address_space, self.address_space)),
            (Resource::Fsize, (self.file_size, self.file_size)),
            (Resource::Core, (0, 0)),
        ];
        limits.into_iter().try_for_each(|(resource, limit)| lower(process, resource, limit))
    }
}

/// Lowers one limit; a limit that is already lower stays, since raising it needs privileges.
fn lower(process: Pid, resource: Resource, (soft, hard): (u64, u64)) -> Result<(), Errno> {
    let present = rustix::process::getrlimit(resource);
    let cap = |wanted: u64, ceiling: Option<u64>| Some(ceiling.map_or(wanted, |c| c.min(wanted)));
    let new = Rlimit { current: cap(soft, present.maximum), maximum: cap(hard, present.maximum) };
    prlimit(Some(process), resource, new).map(drop)
}
