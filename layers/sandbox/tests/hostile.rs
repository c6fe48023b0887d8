//! Hostile programs, and Ghostscript with its own protection switched off, under the real launcher.
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use sandbox::confinement::{Confinement, Task};
use sandbox::limits::ResourceLimits;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// What no program may find.
const SECRET: &str = "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI";

/// A directory with a file that is secret, a directory with the input, and one for results.
struct Ground {
    directory: TempDir,
}

impl Ground {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["outside", "in", "out"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        let ground = Self { directory };
        std::fs::write(ground.secret(), SECRET).unwrap();
        ground
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn secret(&self) -> PathBuf {
        self.path("outside/secret")
    }

    fn confinement(&self) -> Confinement {
        let limits = ResourceLimits { processor_seconds: 20, ..ResourceLimits::default() };
        Confinement { reads: vec![self.path("in")], writes: vec![self.path("out")], limits }
    }

    /// Runs a program under the launcher, with a secret in the environment of this process alone.
    fn run(&self, program: &str, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Output {
        let arguments = arguments.into_iter().map(Into::into).collect();
        let task = Task::Run { confinement: self.confinement(), program: program.into(), arguments };
        let mut launcher = Command::new(env!("CARGO_BIN_EXE_quire-sandbox"));
        launcher.args(task.to_arguments()).env_clear().env("TMPDIR", self.path("out"));
        launcher.output().unwrap()
    }

    fn python(&self, script: &str) -> String {
        let output = self.run("/usr/bin/python3", ["-c", script]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What Ghostscript prints and writes, without its own protection.
    fn ghostscript(&self, postscript: &str) -> String {
        let file = self.path("in/hostile.ps");
        std::fs::write(&file, postscript).unwrap();
        let options = ["-q", "-dNOSAFER", "-dNOPAUSE", "-dBATCH", "-sDEVICE=nullpage"].map(OsString::from);
        let output = self.run("/usr/bin/gs", options.into_iter().chain([file.into()]));
        format!("{output:?}")
    }
}

/// What the launcher finds missing in the kernel.
fn lacks() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_quire-sandbox")).args(Task::Probe.to_arguments()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// False, with the note by which `cargo xtask test` counts the test as skipped, where the kernel has no Landlock.
fn restricts_files() -> bool {
    let lacks = lacks();
    let has_landlock = !lacks.contains("has no Landlock");
    if !has_landlock {
        eprintln!("skipped: {lacks}");
    }
    has_landlock
}

/// Does something in a thread for which, as for all programs that it starts, the kernel has no Landlock.
fn without_landlock(work: impl FnOnce() + Send) {
    let calls = [libc::SYS_landlock_create_ruleset, libc::SYS_landlock_add_rule, libc::SYS_landlock_restrict_self];
    let (rules, missing) = (calls.map(|call| (call, Vec::new())), SeccompAction::Errno(libc::ENOSYS.unsigned_abs()));
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules.into(), SeccompAction::Allow, missing, architecture).unwrap();
    let filter: BpfProgram = filter.try_into().unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            seccompiler::apply_filter(&filter).unwrap();
            work();
        });
        thread.join().unwrap();
    });
}

/// Attempts something in Python and prints the name of the error, or `done`.
fn attempt(action: &str) -> String {
    format!(
        "import os, socket\ntry:\n    {action}\n    print('done')\nexcept OSError as error:\n    \
         print(type(error).__name__, error.errno)"
    )
}

/// A PostScript program that prints the first line of a file in brackets.
fn reading(file: &Path) -> String {
    format!("({}) (r) file 200 string readline pop (\\n[) print print (]\\n) print flush", file.display())
}

#[test]
fn ghostscript_reads_its_input() {
    let ground = Ground::new();
    std::fs::write(ground.path("in/input"), "the input").unwrap();
    let printed = ground.ghostscript(&reading(&ground.path("in/input")));
    assert!(printed.contains("[the input]"), "{printed}");
}

#[test]
fn ghostscript_reads_nothing_outside() {
    if !restricts_files() {
        return;
    }
    let ground = Ground::new();
    let parent = PathBuf::from(format!("/proc/{}/environ", std::process::id()));
    for file in [ground.secret(), "/etc/passwd".into(), parent] {
        assert!(std::fs::read(&file).is_ok_and(|bytes| !bytes.is_empty()), "{file:?}");
        let printed = ground.ghostscript(&reading(&file));
        assert!(!printed.contains('[') && printed.contains("Error: /invalidfileaccess"), "{printed}");
    }
}

#[test]
fn ghostscript_writes_nothing_outside() {
    if !restricts_files() {
        return;
    }
    let ground = Ground::new();
    let writing = |file: &Path| format!("({}) (w) file dup (mark) writestring closefile", file.display());
    let (inside, outside) = (ground.path("out/mark"), ground.path("outside/mark"));
    for file in [&outside, &ground.path("in/mark"), &ground.secret()] {
        ground.ghostscript(&writing(file));
    }
    ground.ghostscript(&format!("({}) deletefile", ground.secret().display()));
    ground.ghostscript(&writing(&inside));
    assert_eq!(std::fs::read_to_string(ground.secret()).unwrap(), SECRET);
    assert_eq!(std::fs::read_to_string(&inside).unwrap(), "mark");
    assert!(!outside.exists() && !ground.path("in/mark").exists());
}

#[test]
fn ghostscript_starts_no_process() {
    let ground = Ground::new();
    let mark = ground.path("out/mark");
    let command = format!("(%pipe%echo started > {}) (w) file closefile", mark.display());
    let printed = ground.ghostscript(&command);
    assert!(!mark.exists(), "{printed}");
    ground.ghostscript(&format!("({}) (w) file closefile", mark.display()));
    assert!(mark.exists(), "the place is right");
}

#[test]
fn no_program_reaches_the_network() {
    let ground = Ground::new();
    let (listener, local) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), UnixListener::bind(ground.path("in/s")).unwrap());
    listener.set_nonblocking(true).unwrap();
    local.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let attempts = [
        format!("socket.create_connection(('127.0.0.1', {port}))"),
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)".to_owned(),
        format!("socket.socket(socket.AF_UNIX).connect('{}')", ground.path("in/s").display()),
        "socket.socketpair()".to_owned(),
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)".to_owned(),
    ];
    for action in attempts {
        assert_eq!(ground.python(&attempt(&action)), "PermissionError 1", "{action}");
    }
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(local.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn no_program_leaves_a_process_or_its_group() {
    let ground = Ground::new();
    for action in ["os.fork()", "os.setsid()", "os.setpgid(0, 0)", "os.posix_spawn('/bin/true', ['true'], {})"] {
        assert_eq!(ground.python(&attempt(action)), "PermissionError 1", "{action}");
    }
}

/// A thread is no process.
#[test]
fn a_program_may_have_threads_and_end_itself() {
    let ground = Ground::new();
    let script = "import threading\nt = threading.Thread(target=lambda: print('thread'))\nt.start()\nt.join()";
    assert_eq!(ground.python(script), "thread");
    let output = ground.run("/usr/bin/python3", ["-c", "import os; os.abort()"]);
    assert_eq!(output.status.signal(), Some(6), "{output:?}");
}

#[test]
fn no_program_harms_another_process() {
    let ground = Ground::new();
    let parent = std::process::id();
    let attempts = [
        format!("os.kill({parent}, 0)"),
        "os.kill(-1, 0)".to_owned(),
        "os.kill(0, 0)".to_owned(),
        format!("os.pidfd_open({parent})"),
        format!("os.setpriority(os.PRIO_PROCESS, {parent}, 19)"),
        format!("os.sched_setaffinity({parent}, [0])"),
        format!("import resource; resource.prlimit({parent}, resource.RLIMIT_NOFILE)"),
    ];
    for action in attempts {
        assert_eq!(ground.python(&attempt(&action)), "PermissionError 1", "{action}");
    }
    let traced = format!("import ctypes; print(ctypes.CDLL(None, use_errno=True).ptrace(16, {parent}, 0, 0))");
    assert_eq!(ground.python(&traced), "-1");
}

#[test]
fn no_link_is_left_among_the_results() {
    let ground = Ground::new();
    let (secret, link) = (ground.secret(), ground.path("out/link"));
    for call in ["symlink", "link"] {
        let action = format!("os.{call}('{}', '{}')", secret.display(), link.display());
        assert!(ground.python(&attempt(&action)).starts_with("PermissionError"), "{call}");
        assert!(!link.is_symlink() && !link.exists());
    }
    for action in [format!("os.chmod('{}', 0o777)", secret.display()), format!("os.mkfifo('{}')", link.display())] {
        assert!(ground.python(&attempt(&action)).starts_with("PermissionError"), "{action}");
    }
}

#[test]
fn files_of_the_starter_are_closed() {
    let ground = Ground::new();
    let secret = std::fs::File::open(ground.secret()).unwrap();
    // Inherited, as by a library that does not mark its files.
    let secret = rustix::io::dup(&secret).unwrap();
    assert!(!rustix::io::fcntl_getfd(&secret).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
    let listed =
        ground.python("import os; print([fd for fd in range(3, 100) if os.path.exists(f'/proc/self/fd/{fd}')])");
    assert_eq!(listed, "[]");
}

#[test]
fn limits_are_set() {
    let ground = Ground::new();
    let script = "import resource as r\nprint(*[r.getrlimit(l) for l in (r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_CORE)])";
    assert_eq!(ground.python(script), format!("(20, 21) ({0}, {0}) (0, 0)", 4u64 << 30));
}

/// The system keeps an end to a program whose starter was killed.
#[test]
fn a_program_ends_with_its_starter() {
    let ground = Ground::new();
    let task = Task::Run {
        confinement: ground.confinement(),
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), format!("echo $$ > {}; exec sleep 1000", ground.path("out/id").display()).into()],
    };
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "\"$@\" & while ! [ -s \"$0\" ]; do sleep 0.05; done; kill -9 $$"]).arg(ground.path("out/id"));
    shell.arg(env!("CARGO_BIN_EXE_quire-sandbox")).args(task.to_arguments());
    assert!(!shell.stdout(std::process::Stdio::null()).status().unwrap().success());
    let process = std::fs::read_to_string(ground.path("out/id")).unwrap();
    let stat = PathBuf::from(format!("/proc/{}/stat", process.trim()));
    let has_ended = || match std::fs::read_to_string(&stat) {
        Ok(text) => text.rsplit_once(')').is_some_and(|(_, state)| state.starts_with(" Z") || state.starts_with(" X")),
        Err(_) => true,
    };
    assert!((0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        has_ended()
    }));
}

#[test]
fn a_program_that_cannot_be_started_is_an_error() {
    let ground = Ground::new();
    let output = ground.run("/nonexistent/program", [] as [&str; 0]);
    assert_eq!(output.status.code(), Some(i32::from(sandbox::launcher::FAILED)));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("quire-sandbox: \"/nonexistent/program\""));
}

#[test]
fn without_landlock_the_gap_is_named_and_everything_else_holds() {
    without_landlock(|| {
        assert!(lacks().contains("has no Landlock"), "{}", lacks());
        ghostscript_reads_its_input();
        ghostscript_starts_no_process();
        no_program_reaches_the_network();
        no_program_leaves_a_process_or_its_group();
        no_program_harms_another_process();
        no_link_is_left_among_the_results();
        limits_are_set();
    });
}
