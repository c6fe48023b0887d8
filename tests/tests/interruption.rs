//! Ctrl-C, or worse, at any moment: nothing under the final names, nothing half-written, no child.
#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not there")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tests::command::{Ending, Trial, files, processes};
use tests::sample;

/// Far more than any stage takes: a test that waits longer has missed its moment.
const PATIENCE: Duration = Duration::from_secs(120);

fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn started(trial: &Trial, options: &[&str]) -> Child {
    let mut command = trial.command(options);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

fn ending(child: Child) -> Ending {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ending { status: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// True when the directory under way holds something of this name.
fn is_under_way(trial: &Trial, name: &str) -> bool {
    let is_wanted = |path: &PathBuf| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name));
    files(&trial.out()).iter().any(is_wanted)
}

fn runs(trial: &Trial, program: &str) -> bool {
    let is_it = |line: &String| line.split(' ').next().is_some_and(|first| Path::new(first).ends_with(program));
    processes(&trial.folder().to_string_lossy()).iter().any(is_it)
}

/// Stops a run as soon as a moment has come; everything must be gone when it has ended.
fn assert_stops_cleanly(signal: &str, options: &[&str], moment: &str, has_come: impl Fn(&Trial) -> bool) {
    let trial = Trial::of(&sample::bytes());
    let child = started(&trial, &[options, &["--json", "--model", "small"]].concat());
    wait_for(moment, || has_come(&trial));
    send(signal, &child);
    let ending = ending(child);
    assert_eq!(ending.status, Some(130), "{moment}: {ending:?}");
    assert!(["process.cancelled", "external.cancelled"].contains(&ending.failure().0.as_str()), "{ending:?}");
    trial.assert_nothing_left();
}

#[test]
fn an_interrupt_while_pages_are_looked_at() {
    assert_stops_cleanly("-INT", &["--no-ocr"], "the directory under way", |trial| is_under_way(trial, ".quire-"));
}

#[test]
fn an_interrupt_while_tesseract_runs() {
    assert_stops_cleanly("-INT", &["--reader", "tesseract"], "the words", |trial| {
        is_under_way(trial, "words") && runs(trial, "tesseract")
    });
}

#[test]
fn an_interrupt_while_ghostscript_runs() {
    assert_stops_cleanly("-INT", &["--no-ocr"], "Ghostscript", |trial| runs(trial, "gs"));
}

#[test]
fn an_interrupt_while_pages_are_redacted() {
    assert_stops_cleanly("-INT", &["--no-ocr"], "the redacted pages", |trial| is_under_way(trial, "redacted"));
}

#[test]
fn termination_and_a_closed_terminal_are_heeded_too() {
    for signal in ["-TERM", "-HUP"] {
        assert_stops_cleanly(signal, &["--no-ocr"], "the directory under way", |trial| is_under_way(trial, ".quire-"));
    }
}

/// Nobody can tidy up after being killed, but nothing half-written has a final name.
#[test]
fn a_killed_run_leaves_nothing_under_the_final_names() {
    let moments: [(&str, &[&str]); 3] = [("words", &[]), ("compressed", &["--no-ocr"]), ("redacted", &["--no-ocr"])];
    for (moment, options) in moments {
        let trial = Trial::of(&sample::bytes());
        let child = started(&trial, &[options, &["--model", "small"]].concat());
        wait_for(moment, || is_under_way(&trial, moment));
        send("-KILL", &child);
        assert_eq!(ending(child).status, None);
        assert!(!trial.out().join("arc").exists(), "{:?}", files(&trial.out()));
        wait_for("the children's end", || processes(&trial.folder().to_string_lossy()).is_empty());
    }
}

/// What an earlier run gave stays whole when a later one is stopped.
#[test]
fn a_stopped_run_leaves_the_earlier_result_alone() {
    let trial = Trial::of(&sample::bytes());
    assert_eq!(trial.process(&["--no-ocr", "--model", "small"]).status, Some(0));
    let snapshot = || files(&trial.out()).into_iter().map(|path| (std::fs::read(&path).ok(), path)).collect::<Vec<_>>();
    let before = snapshot();
    let child = started(&trial, &["--no-ocr", "--model", "small"]);
    wait_for("the redacted pages", || {
        let entries = std::fs::read_dir(trial.out()).unwrap().map(|entry| entry.unwrap().path());
        entries.into_iter().any(|path| path.join("redacted").exists())
    });
    send("-INT", &child);
    assert_eq!(ending(child).status, Some(130));
    assert!(snapshot() == before, "the earlier result changed");
    trial.assert_no_process();
}
