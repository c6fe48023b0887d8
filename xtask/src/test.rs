//! `cargo xtask test`: every check and every test. `.ci/run` is this task and nothing else.

use crate::build::{self, cargo};
use crate::stack::{self, ENVIRONMENT_FILE, Environment, UpOptions};
use crate::{node, program, python, setup, workspace};
use anyhow::{Context, Result, bail};
use roxmltree::Document;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

const DENY: (&str, &str) = ("cargo-deny", "0.20.2");
const NEXTEST: (&str, &str) = ("cargo-nextest", "0.9.143");

/// Downloads and installs everything for a run of the tests without a network.
pub fn prepare() -> Result<()> {
    install()?;
    stack::install()?;
    tool(NEXTEST)?;
    program::run(cargo().args(["fetch", "--locked", "--quiet"]))
}

/// Installs what the tests need beside a stack, and returns the variables that tell them of it.
fn install() -> Result<Vec<(String, String)>> {
    setup::install()?;
    python::install_linters()?;
    node::install_simulator()?;
    Ok([node::install_browser()?, node::install_issuer()?].concat())
}

/// Runs every check, even after one failed. With a filter, runs only the matching tests.
pub fn run(filter: Option<&str>) -> Result<()> {
    let variables = install()?;
    let mut report = Report::default();
    if filter.is_none() {
        report.check("format", || program::run(cargo().args(["fmt", "--all", "--check"])));
        report.check("lints", || program::run(&mut clippy()));
        report.check("unused dependencies", || program::run(&mut unused_dependencies()));
        report.check("documentation", || program::run(&mut documentation()));
        report
            .check("licences, bans, sources", || program::run(deny()?.args(["check", "licenses", "bans", "sources"])));
        report.check("advisories", advisories);
    }
    let options = UpOptions::for_tests();
    let environment = stack::up(&options)?;
    let mut tests = Tests::default();
    report.check("tests", || {
        tests = run_tests(filter, &environment, &variables)?;
        tests.verdict()
    });
    if report.has_failed() {
        println!("The stack of the tests keeps running for inspection: {}", options.state.display());
    } else {
        stack::down(&options.state, true)?;
    }
    report.print();
    tests.print();
    if report.has_failed() { bail!("a check failed; see the summary above") } else { Ok(()) }
}

fn clippy() -> Command {
    let mut command = cargo();
    command.args(["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"]);
    command
}

/// The compiler's own lint, for the libraries and `quire`: other targets get the dependencies of the libraries, too.
fn unused_dependencies() -> Command {
    let mut command = cargo();
    command.args(["clippy", "--release", "--workspace", "--exclude", "tests", "--lib", "--bin", "quire", "--"]);
    command.args(["--deny", "unused_crate_dependencies"]);
    command
}

fn documentation() -> Command {
    let mut command = cargo();
    command.args(["doc", "--release", "--workspace", "--no-deps", "--document-private-items", "--quiet"]);
    command.env("RUSTDOCFLAGS", "--deny warnings");
    command
}

fn deny() -> Result<Command> {
    let mut command = build::calling_cargo(tool(DENY)?);
    // A download that receives no data for this many seconds ends.
    command.env("GIT_HTTP_LOW_SPEED_LIMIT", "1").env("GIT_HTTP_LOW_SPEED_TIME", "30");
    Ok(command)
}

/// Known vulnerabilities. Not a failure where the database cannot be downloaded.
fn advisories() -> Result<()> {
    if let Err(error) = program::output(deny()?.args(["fetch", "db"])) {
        println!("The advisory database cannot be downloaded here, so this check is skipped: {error}");
        return Ok(());
    }
    program::run(deny()?.args(["check", "--disable-fetch", "advisories"]))
}

/// A tool in its pinned version: from PATH, or built once below `target/`. The build is not optimised, because the tools
/// run for seconds and optimising them takes minutes.
fn tool((name, version): (&str, &str)) -> Result<PathBuf> {
    let tools = workspace::target().join("tools");
    let built = tools.join("bin").join(name);
    let has_version = |path: &PathBuf| {
        // nextest wants to be called as a subcommand of Cargo.
        let subcommand = name.trim_start_matches("cargo-");
        [vec!["--version"], vec![subcommand, "--version"]].iter().any(|arguments| {
            let printed = program::text(Command::new(path).args(arguments)).unwrap_or_default();
            printed.split_whitespace().any(|word| word == version)
        })
    };
    if let Some(found) = [PathBuf::from(name), built.clone()].into_iter().find(has_version) {
        return Ok(found);
    }
    println!("building {name} {version} (once, a few minutes)");
    let scratch = tools.join("build");
    let mut install = cargo();
    install.args(["install", "--quiet", "--locked", "--debug", "--force", "--version", version, name]);
    install.arg("--root").arg(&tools).env("CARGO_TARGET_DIR", &scratch).env("CARGO_PROFILE_DEV_DEBUG", "false");
    program::run(&mut install)?;
    workspace::remove_directory(&scratch)?;
    Ok(built)
}

/// What the tests came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tests {
    passed: usize,
    failed: usize,
    /// Names and reasons.
    skipped: Vec<(String, String)>,
}

fn run_tests(filter: Option<&str>, environment: &Environment, variables: &[(String, String)]) -> Result<Tests> {
    let report = workspace::target().join("nextest/default/junit.xml");
    fs::remove_file(&report).ok();
    let mut nextest = build::calling_cargo(tool(NEXTEST)?);
    // Built like the stack's functions: some tests start the programs in the target directory themselves.
    nextest.args(["nextest", "run", "--release", "--no-tests=pass"]).args(build::WITH_FAILPOINTS).args(filter);
    nextest.envs(test_variables(environment)?).envs(variables.iter().cloned());
    let outcome = program::run(&mut nextest);
    let text = fs::read_to_string(&report).unwrap_or_default();
    // Without a report, nextest did not come as far as running tests.
    let tests = if text.is_empty() { outcome.map(|()| Tests::default())? } else { Tests::read(&text)? };
    if filter.is_none() {
        // With the same features, so that nothing is built again.
        program::run(cargo().args(["test", "--doc", "--release", "--quiet"]).args(build::WITH_FAILPOINTS))?;
    }
    Ok(tests)
}

/// Tells the tests where everything is.
fn test_variables(environment: &Environment) -> Result<Vec<(&'static str, String)>> {
    let url = environment.value("DATABASE_URL");
    let server = url.rsplit_once('/').map_or(url, |(server, _)| server);
    Ok(vec![
        // Tesseract's own threads cost five times the CPU time and save none.
        ("OMP_THREAD_LIMIT", "1".to_owned()),
        ("QUIRE_HOME", workspace::home()?.display().to_string()),
        ("QUIRE_TEST_DATABASE_URL", format!("{server}/postgres")),
        ("QUIRE_TEST_AWS_ENDPOINT", environment.value("AWS_ENDPOINT_URL").to_owned()),
        ("QUIRE_TEST_FUNCTIONS", workspace::target().join("release").display().to_string()),
        ("QUIRE_TEST_STACK", UpOptions::for_tests().state.join(ENVIRONMENT_FILE).display().to_string()),
    ])
}

impl Tests {
    /// Reads nextest's JUnit report. A test that cannot run here prints a line `skipped: REASON` and returns.
    fn read(junit: &str) -> Result<Self> {
        let document = Document::parse(junit).context("nextest's JUnit report is not valid XML")?;
        let mut tests = Self::default();
        for case in document.descendants().filter(|node| node.has_tag_name("testcase")) {
            let has = |tag| case.children().any(|child| child.has_tag_name(tag));
            let output = case.children().filter(|child| child.tag_name().name().starts_with("system-"));
            let skipped = output.filter_map(|output| output.text()).flat_map(str::lines);
            let skipped = skipped.filter_map(|line| line.trim().strip_prefix("skipped: ")).next();
            let name =
                || format!("{} {}", case.attribute("classname").unwrap_or(""), case.attribute("name").unwrap_or(""));
            match skipped {
                _ if has("failure") || has("error") => tests.failed += 1,
                _ if has("skipped") => tests.skipped.push((name(), "it is marked with #[ignore]".to_owned())),
                Some(reason) => tests.skipped.push((name(), reason.to_owned())),
                None => tests.passed += 1,
            }
        }
        Ok(tests)
    }

    fn verdict(&self) -> Result<()> {
        match self {
            Self { failed: 0, passed: 0, .. } => bail!("no test ran"),
            Self { failed: 0, .. } => Ok(()),
            Self { failed, .. } => bail!("{failed} tests failed"),
        }
    }

    fn print(&self) {
        for (name, reason) in &self.skipped {
            println!("skipped: {name}: {reason}");
        }
        println!("\n{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped.len());
    }
}

/// The checks with their durations in seconds and their failures.
#[derive(Default)]
struct Report(Vec<(&'static str, f64, Option<String>)>);

impl Report {
    fn check(&mut self, name: &'static str, check: impl FnOnce() -> Result<()>) {
        println!("\n── {name}");
        let begun = Instant::now();
        let failure = check().err().map(|error| format!("{error:#}"));
        if let Some(failure) = &failure {
            println!("{name}: {failure}");
        }
        self.0.push((name, begun.elapsed().as_secs_f64(), failure));
    }

    fn has_failed(&self) -> bool {
        self.0.iter().any(|(_, _, failure)| failure.is_some())
    }

    fn print(&self) {
        println!("\n── summary");
        for (name, seconds, failure) in &self.0 {
            let outcome = failure.as_ref().map_or_else(|| "passed".to_owned(), |failure| format!("FAILED: {failure}"));
            println!("{name:<24} {seconds:>7.1} s  {outcome}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="4" failures="1" errors="0">
  <testsuite name="engine" tests="3" failures="1" errors="0">
    <testcase name="a" classname="engine" time="0.1"><system-out>not skipped: at all</system-out></testcase>
    <testcase name="b" classname="engine" time="0.1"><system-err>line
skipped: no &lt;shared&gt; data
</system-err></testcase>
    <testcase name="c" classname="engine" time="0.1"><failure type="test failure">skipped: x</failure></testcase>
  </testsuite>
  <testsuite name="cli" tests="1"><testcase name="d" classname="cli" time="0.1"/></testsuite>
</testsuites>"#;

    #[test]
    fn the_report_of_nextest_is_counted() {
        let tests = Tests::read(REPORT).unwrap();
        let skipped = vec![("engine b".to_owned(), "no <shared> data".to_owned())];
        assert_eq!(tests, Tests { passed: 2, failed: 1, skipped });
        assert_eq!(tests.verdict().unwrap_err().to_string(), "1 tests failed");
    }

    #[test]
    fn a_run_without_a_test_fails() {
        assert!(Tests::default().verdict().is_err());
        assert!(Tests { passed: 1, ..Tests::default() }.verdict().is_ok());
    }

    #[test]
    fn one_failure_fails_the_whole() {
        let mut report = Report::default();
        report.check("good", || Ok(()));
        assert!(!report.has_failed());
        report.check("bad", || bail!("no"));
        assert!(report.has_failed());
    }
}
