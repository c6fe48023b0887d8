//! Limits on the processor time, memory and file size of a program.

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a program may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceLimits {
    pub processor_seconds: u64,
    /// Bytes of address space.
    pub address_space: u64,
    /// Bytes of the largest file that it may write.
    pub file_size: u64,
}

impl Default for ResourceLimits {
    /// Ten minutes of processor time, 4 GiB of address space, files up to 8 GiB.
    fn default() -> Self {
        Self { processor_seconds: 600, address_space: 4 << 30, file_size: 8 << 30 }
    }
}

impl ResourceLimits {
    /// Limits this process. The program that it becomes inherits the limits. There are no core dumps.
    pub(crate) fn apply(self) -> Result<(), Errno> {
        // The soft limit is one second below the hard limit, so that its signal distinguishes a reached processor
        // limit from any other kill.
        let seconds = self.processor_seconds;
        limit(Resource::Cpu, seconds, seconds.saturating_add(1))?;
        limit(Resource::As, self.address_space, self.address_space)?;
        limit(Resource::Fsize, self.file_size, self.file_size)?;
        limit(Resource::Core, 0, 0)
    }
}

/// Never above the limits of this process, because raising a limit needs privileges.
fn limit(resource: Resource, soft: u64, hard: u64) -> Result<(), Errno> {
    let ceiling = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    setrlimit(resource, Rlimit { current: Some(soft.min(ceiling)), maximum: Some(hard.min(ceiling)) })
}
