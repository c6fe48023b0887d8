//! Tests with real children. Each script is the smallest one that shows its rule.

use super::*;
use crate::programs::command::ResourceLimits;
use domain::FailureClass;
use std::path::Path;

fn shell(script: &str) -> Command {
    Command::new("sh", "dash").argument("-c").argument(script)
}

fn run(command: Command) -> Result<Output, CommandError> {
    command.run(&Cancellation::new())
}

/// True while a process runs. A zombie that init has not reaped yet does not count.
fn is_alive(process: &str) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
        return false;
    };
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim().chars().next());
    !matches!(state, Some('Z' | 'X'))
}

/// SIGKILL takes a moment to arrive.
fn dies(process: &str) -> bool {
    (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        !is_alive(process)
    })
}

/// Waits until a child has written a process id to a file.
fn note(file: &Path) -> String {
    for _ in 0..2000 {
        match std::fs::read_to_string(file) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("the child wrote no note");
}

/// A child that would keep running, and the file into which it writes its process id.
fn tenacious(directory: &Path) -> (Command, std::path::PathBuf) {
    let file = directory.join("child");
    let script = format!("echo $$ > {}; exec sleep 1000", file.display());
    (shell(&script).writes(&file), file)
}

#[test]
fn output_and_input_pass_through() {
    let input = vec![b'x'; 3_000_000];
    let output = run(Command::new("cat", "coreutils").input(input.clone())).unwrap();
    assert_eq!(output.stdout, input);
    assert!(output.stderr.is_empty());
}

#[test]
fn input_is_a_file_that_can_be_opened_by_name() {
    let twice = Command::new("cat", "coreutils").arguments(["/proc/self/fd/0", "/proc/self/fd/0"]);
    assert_eq!(run(twice.input(b"page".to_vec())).unwrap().stdout, b"pagepage");
}

#[test]
fn without_input_the_standard_input_is_empty() {
    assert_eq!(run(shell("read line || echo end")).unwrap().stdout, b"end\n");
}

#[test]
fn a_child_that_ignores_its_input_may_succeed() {
    let output = run(shell("exec 0<&-; echo done").input(vec![0; 1 << 20])).unwrap();
    assert_eq!(output.stdout, b"done\n");
}

#[test]
fn the_environment_holds_only_what_is_listed() {
    let output = run(Command::new("env", "coreutils").environment("ADDED", "yes")).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<&str> = text.lines().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["ADDED", "LANG", "OMP_THREAD_LIMIT", "PATH", "TMPDIR"]);
    assert!(text.contains("LANG=C.UTF-8\n") && text.contains("OMP_THREAD_LIMIT=1\n"));
}

#[test]
fn a_missing_program_names_its_package() {
    let error = run(Command::new("no-such-program-of-quire", "some-package")).unwrap_err();
    assert_eq!((error.code().as_str(), error.code().class()), ("external.not_installed", FailureClass::NotInstalled));
    assert!(error.to_string().contains("apt-get install some-package"), "{error}");
}

#[test]
fn a_failure_quotes_the_last_lines() {
    let error = run(shell("echo on stdout; echo on stderr >&2; exit 7")).unwrap_err();
    assert_eq!((error.code().as_str(), error.code().class()), ("external.failed", FailureClass::Internal));
    let CommandError::Failed { status, last_lines, .. } = error else { panic!("{error}") };
    assert_eq!(status.code(), Some(7));
    assert_eq!(last_lines, "on stdout\non stderr");
}

#[test]
fn an_accepted_status_is_a_success() {
    assert_eq!(run(shell("exit 3").accept_status(3)).unwrap().status.code(), Some(3));
    assert!(run(shell("exit 2").accept_status(3)).is_err());
}

#[test]
fn a_full_disk_is_told_from_other_failures() {
    let error = run(shell("exec head -c 10 /dev/zero > /dev/full")).unwrap_err();
    assert_eq!((error.code().as_str(), error.code().class()), ("external.out_of_space", FailureClass::Resource));
}

#[test]
fn the_time_limit_kills_the_child() {
    let directory = tempfile::tempdir().unwrap();
    let (command, file) = tenacious(directory.path());
    let error = run(command.time_limit(Duration::from_secs(2))).unwrap_err();
    assert_eq!((error.code().as_str(), error.code().class()), ("external.timed_out", FailureClass::Resource));
    assert!(dies(&note(&file)));
}

#[test]
fn cancelling_kills_the_child() {
    let directory = tempfile::tempdir().unwrap();
    let (command, file) = tenacious(directory.path());
    let cancellation = Cancellation::new();
    let remote = cancellation.clone();
    let worker = std::thread::spawn(move || command.run(&cancellation));
    let child = note(&file);
    remote.cancel();
    let error = worker.join().unwrap().unwrap_err();
    assert_eq!((error.code().as_str(), error.code().class()), ("external.cancelled", FailureClass::Interrupted));
    assert!(dies(&child));
}

#[test]
fn nothing_starts_once_cancelled() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("mark");
    let cancellation = Cancellation::new();
    cancellation.cancel();
    let script = format!(": > {}", mark.display());
    assert_eq!(shell(&script).writes(&mark).run(&cancellation).unwrap_err().code(), "external.cancelled");
    assert!(!mark.exists());
}

#[test]
fn dropping_a_running_child_kills_it() {
    let directory = tempfile::tempdir().unwrap();
    let (command, file) = tenacious(directory.path());
    let running = command.spawn().unwrap();
    let child = note(&file);
    assert_eq!(child, running.id().to_string());
    assert!(is_alive(&child));
    drop(running);
    assert!(!Path::new("/proc").join(&child).exists(), "the child is reaped");
}

/// So there is none that could be left running.
#[test]
fn a_child_cannot_start_a_process() {
    let error = run(shell("sleep 1000 & echo started")).unwrap_err();
    assert!(error.to_string().contains("Cannot fork"), "{error}");
}

#[test]
fn output_past_the_limit_stops_the_child() {
    let error = run(Command::new("yes", "coreutils").output_limit(100_000)).unwrap_err();
    assert_eq!((error.code().as_str(), error.code().class()), ("external.output_too_large", FailureClass::Resource));
}

#[test]
fn standard_error_is_kept_to_its_end() {
    let script = "i=0; while [ $i -lt 20000 ]; do echo line $i >&2; i=$((i+1)); done";
    let stderr = String::from_utf8(run(shell(script)).unwrap().stderr).unwrap();
    assert!(stderr.len() <= 64 << 10 && stderr.ends_with("line 19999\n"));
}

#[test]
fn processor_time_is_limited() {
    let limits = ResourceLimits { processor_seconds: 1, ..ResourceLimits::default() };
    let error = run(shell("while :; do :; done").limits(limits)).unwrap_err();
    assert_eq!(error.code(), "external.timed_out");
}

#[test]
fn memory_is_limited() {
    let limits = ResourceLimits { address_space: 64 << 20, ..ResourceLimits::default() };
    let greedy = || shell("exec dd if=/dev/zero of=/dev/null bs=200M count=1");
    assert!(run(greedy()).is_ok());
    assert_eq!(run(greedy().limits(limits)).unwrap_err().code(), "external.failed");
}

#[test]
fn file_size_is_limited() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("large");
    let limits = ResourceLimits { file_size: 10_000, ..ResourceLimits::default() };
    let script = format!("exec head -c 1000000 /dev/zero > {}", file.display());
    let error = run(shell(&script).writes(&file).limits(limits)).unwrap_err();
    assert_eq!((error.code().as_str(), error.code().class()), ("external.file_too_large", FailureClass::Resource));
    assert_eq!(std::fs::metadata(&file).unwrap().len(), 10_000);
}

#[test]
fn the_tail_keeps_the_last_bytes() {
    let mut tail = Tail::default();
    tail.push(&[b'a'; TAIL]);
    tail.push(b"end");
    let bytes = tail.into_bytes();
    assert_eq!(bytes.len(), TAIL);
    assert!(bytes.ends_with(b"aend"));
}

#[test]
fn quoted_lines_are_the_last_ones_of_both_streams() {
    let stdout = (0..20).map(|line| format!("out {line}\n")).collect::<String>();
    let quoted = last_lines(stdout.as_bytes(), b"one\n\n\x1b[31mtwo\xff\n");
    assert!(quoted.starts_with("out 14\n"), "{quoted}");
    assert!(quoted.ends_with("one\n[31mtwo\u{fffd}"), "{quoted}");
}

#[test]
fn a_quoted_line_has_a_bounded_length() {
    assert_eq!(last_lines(&[b'x'; 100_000], b"").chars().count(), QUOTED_CHARACTERS);
}
