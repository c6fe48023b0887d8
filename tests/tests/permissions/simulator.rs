//! The simulator of IAM, a package of npm: `tests/permissions` has its exact versions and the script that runs it.

use crate::cases::Case;
use crate::changes::Change;
use crate::policies::Policies;
use engine::installation::Installation;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Outcome {
    /// What is decided of each case.
    pub results: Vec<String>,
    /// For each change, the cases that it decides otherwise.
    pub changed: Vec<Vec<usize>>,
}

/// Decides the cases, and again with each change. Where npm is missing, prints the note by which `cargo xtask test` counts
/// the test as skipped.
pub fn run(policies: &Policies, cases: &[Case], changes: &[Change]) -> Option<Outcome> {
    let simulator = installed()?;
    let input = json!({
        "policies": policies.0,
        "cases": cases.iter().map(Case::json).collect::<Vec<_>>(),
        "changes": changes.iter().map(Change::json).collect::<Vec<_>>(),
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("permissions/simulate.cjs");
    let mut node = Command::new("node");
    node.arg(script).arg(simulator).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = node.spawn().expect("node is installed with npm");
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let indices =
        |list: &Value| list.as_array().unwrap().iter().map(|index| index.as_u64().unwrap() as usize).collect();
    let results = answer["results"].as_array().unwrap().iter().map(|result| result.as_str().unwrap().to_owned());
    let changed = answer["changed"].as_array().unwrap().iter().map(indices);
    Some(Outcome { results: results.collect(), changed: changed.collect() })
}

fn installed() -> Option<PathBuf> {
    if !["npm", "node"].iter().all(|name| Command::new(name).arg("--version").output().is_ok()) {
        eprintln!("skipped: Node.js with npm is not installed, and the simulator of IAM needs it");
        return None;
    }
    let home = Installation::of_user().expect("a home directory").home().join("simulator");
    assert!(
        home.join("installed.json").is_file(),
        "the simulator is missing: `cargo xtask test permissions` installs it"
    );
    Some(home)
}
