//! The executor of the local stack, which is written in Python, has tests in Python; they run with the others.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::path::Path;
use std::process::Command;
use tests::template::tool;

#[test]
fn functions_run_as_processes() {
    let executor = Path::new(env!("CARGO_MANIFEST_DIR")).join("../localstack/executor");
    let mut python = Command::new(tool("python"));
    python.args(["-B", "-m", "unittest", "discover", "--start-directory", "tests"]).current_dir(&executor);
    let output = python.env("PYTHONPATH", &executor).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("Ran 0 tests"), "{said}");
}
