//! Seccomp: which system calls a program may make.
//!
//! The filter lists what is forbidden, not what is allowed. Ghostscript, qpdf, Tesseract, PDFium and the C library below
//! them differ between systems, and a list of what they need would be wrong on the next one.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Compare, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;
use std::io;

/// Forbidden with any arguments.
const FORBIDDEN: &[libc::c_long] = &[
    // The network, and other ways to a kernel that does the work itself.
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Escaping from the process group that is killed.
    libc::SYS_setsid,
    libc::SYS_setpgid,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_tkill,
    libc::SYS_kcmp,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setattr,
    // What would outlive the process without being a file.
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Links and devices among the results, and attributes of files, which Landlock does not know.
    libc::SYS_symlinkat,
    libc::SYS_linkat,
    libc::SYS_mknodat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    SYS_FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    // The system itself. Most of it needs privileges, but Quire may run as root.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_chroot,
    libc::SYS_pivot_root,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_personality,
    libc::SYS_syslog,
    libc::SYS_vhangup,
];

/// Older names, which only older architectures have.
#[cfg(target_arch = "x86_64")]
const OLD: &[libc::c_long] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_symlink,
    libc::SYS_link,
    libc::SYS_mknod,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_kexec_file_load,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[libc::c_long] = &[];

/// The number is the same everywhere, and the C library's headers are older than the call.
const SYS_FCHMODAT2: libc::c_long = 452;

/// The bit of system calls of x32, an interface of x86-64 kernels that programs hardly use. Without it, every rule could
/// be evaded. x32 has numbers of its own for the calls from 512 to 547.
#[cfg(target_arch = "x86_64")]
const X32: libc::c_long = 0x4000_0000;
#[cfg(target_arch = "x86_64")]
const X32_OWN: std::ops::RangeInclusive<libc::c_long> = 512..=547;

/// Forbids what a program has no use for, from now on and in the program that this process becomes. Returns what the
/// kernel lacks, as a sentence.
pub(crate) fn confine() -> io::Result<Option<String>> {
    match install(libc::EPERM, forbidden(own_process_id())?).and_then(|()| install(libc::ENOSYS, unknown())) {
        Ok(()) => Ok(None),
        Err(seccompiler::Error::Prctl(error) | seccompiler::Error::Seccomp(error)) if is_lacking(&error) => {
            Ok(Some("The kernel has no seccomp filters: programs can use the network and start processes.".to_owned()))
        }
        Err(error) => Err(io::Error::other(error)),
    }
}

fn is_lacking(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL))
}

fn own_process_id() -> u64 {
    u64::from(std::process::id())
}

type Rules = BTreeMap<libc::c_long, Vec<SeccompRule>>;

fn install(error: i32, rules: Rules) -> Result<(), seccompiler::Error> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let forbid = SeccompAction::Errno(error.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, forbid, architecture)?;
    seccompiler::apply_filter(&BpfProgram::try_from(filter)?)
}

/// `clone3` has its flags in memory, where a filter cannot look. The C library falls back to `clone` without it.
fn unknown() -> Rules {
    with_x32([(libc::SYS_clone3, Vec::new())].into())
}

fn forbidden(process: u64) -> io::Result<Rules> {
    let mut rules: Rules = FORBIDDEN.iter().chain(OLD).map(|number| (*number, Vec::new())).collect();
    // A new thread is allowed, a new process is not.
    let thread = Compare::MaskedEq(libc::CLONE_THREAD as u64);
    rules.insert(libc::SYS_clone, vec![rule(0, Width::Qword, thread, 0)?]);
    // Signals to itself: abort() sends one.
    for number in [libc::SYS_kill, libc::SYS_tgkill] {
        rules.insert(number, vec![rule(0, Width::Dword, Compare::Ne, process)?]);
    }
    // Its own limits, as 0 or by its number.
    let other = [condition(0, Width::Dword, Compare::Ne, 0)?, condition(0, Width::Dword, Compare::Ne, process)?];
    for number in [libc::SYS_prlimit64, libc::SYS_sched_setaffinity] {
        rules.insert(number, vec![SeccompRule::new(other.to_vec()).map_err(io::Error::other)?]);
    }
    // Typing into the terminal that Quire was started from.
    let typing = [libc::TIOCSTI, libc::TIOCLINUX];
    let typing = typing.map(|request| rule(1, Width::Dword, Compare::Eq, request));
    rules.insert(libc::SYS_ioctl, typing.into_iter().collect::<io::Result<_>>()?);
    Ok(with_x32(rules))
}

#[cfg(target_arch = "x86_64")]
fn with_x32(mut rules: Rules) -> Rules {
    let own = X32_OWN.map(|number| (number, Vec::new()));
    let same: Vec<_> = rules.iter().map(|(number, rules)| (*number, rules.clone())).chain(own).collect();
    rules.extend(same.into_iter().map(|(number, rules)| (number | X32, rules)));
    rules
}

#[cfg(not(target_arch = "x86_64"))]
fn with_x32(rules: Rules) -> Rules {
    rules
}

fn rule(argument: u8, width: Width, compare: Compare, value: u64) -> io::Result<SeccompRule> {
    SeccompRule::new(vec![condition(argument, width, compare, value)?]).map_err(io::Error::other)
}

fn condition(argument: u8, width: Width, compare: Compare, value: u64) -> io::Result<SeccompCondition> {
    SeccompCondition::new(argument, width, compare, value).map_err(io::Error::other)
}
