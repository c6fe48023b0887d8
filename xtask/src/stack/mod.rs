//! `cargo xtask up` and `down`: the whole service on this machine. PostgreSQL, LocalStack, and the real functions as
//! processes; everything on loopback and recorded in one state directory.

mod console;
mod deployment;
mod environment;
mod localstack;
mod postgres;
mod process;
mod record;

pub use environment::{Environment, FILE as ENVIRONMENT_FILE};

use crate::build::{self, Build};
use crate::{program, python, setup, workspace};
use anyhow::{Context, Result};
use record::{CLUSTER, Record, State};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// PostgreSQL's usual port is often taken.
const POSTGRES_PORT: u16 = 5433;
const LOCALSTACK_PORT: u16 = 4566;
const CONSOLE_PORT: u16 = 8470;

/// The tests wait seconds for what takes minutes in production.
const TEST_PARAMETERS: [(&str, &str); 10] = [
    ("Model", "small"),
    ("Ocr", "false"),
    ("RangePages", "2"),
    ("HeartbeatSeconds", "2"),
    ("StaleAfterSeconds", "20"),
    ("BackoffBaseSeconds", "1"),
    ("BackoffCapSeconds", "1"),
    ("RevivalGraceSeconds", "3"),
    ("ResendAfterSeconds", "30"),
    ("ReconcileSchedule", "rate(1 minute)"),
];

/// How the stack is started.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// The state directory. Two stacks at the same time need two.
    pub state: PathBuf,
    /// The first port to try.
    pub postgres_port: u16,
    /// The first port to try.
    pub localstack_port: u16,
    /// The first port to try.
    pub console_port: u16,
    /// Build the functions with failpoints.
    pub failpoints: bool,
    /// Parameters of the template.
    pub parameters: Vec<(String, String)>,
}

impl UpOptions {
    /// The stack of a demonstration or of a developer.
    pub fn standard() -> Self {
        let state = std::env::var_os("QUIRE_STACK").filter(|state| !state.is_empty());
        Self {
            state: state.map_or_else(|| workspace::target().join("stack"), PathBuf::from),
            postgres_port: POSTGRES_PORT,
            localstack_port: LOCALSTACK_PORT,
            console_port: CONSOLE_PORT,
            failpoints: false,
            parameters: Vec::new(),
        }
    }

    /// A separate stack for the tests.
    pub fn for_tests() -> Self {
        Self {
            state: workspace::target().join("test-stack"),
            postgres_port: POSTGRES_PORT + 100,
            localstack_port: LOCALSTACK_PORT + 100,
            console_port: CONSOLE_PORT + 100,
            failpoints: true,
            parameters: TEST_PARAMETERS.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }
}

/// One line of progress.
fn say(subject: &str, what: &str) {
    println!("stack: {subject:<12} {what}");
}

/// Installs what a stack consists of, and returns LocalStack's Python and the programs of PostgreSQL.
pub fn install() -> Result<(PathBuf, postgres::Programs)> {
    setup::install()?;
    Ok((python::install_localstack()?, postgres::Programs::install()?))
}

/// Starts what is not running, deploys what changed, and returns where everything is. The processes keep running.
pub fn up(options: &UpOptions) -> Result<Environment> {
    let begun = Instant::now();
    // The tests build the whole workspace, so their stack does too.
    let build = Build::start(if options.failpoints { build::WITH_FAILPOINTS } else { build::SERVICE })?;
    let (python, programs) = install()?;
    let home = workspace::home()?;
    let state = State::open(&options.state)?;
    let mut record = state.read()?;
    let plan = deployment::Plan::new(options, &state)?;
    postgres::start(&programs, options.postgres_port, &state, &mut record)?;
    localstack::start(&python, options.localstack_port, &plan.fingerprint, &state, &mut record)?;
    build.wait()?;
    // Converting the weights takes as long as the deployment, and neither needs the other.
    let url = std::thread::scope(|scope| -> Result<String> {
        let models = scope.spawn(setup::import_models);
        let staged = deployment::Staged::new(&workspace::target().join("release"), &home, &state)?;
        let url = postgres::database(&programs, &state, &mut record)?;
        migrate(&url)?;
        localstack::wait(&state, &record)?;
        deployment::deploy(&python, &plan, &staged, &url, &state, &mut record)?;
        staged.sweep()?;
        models.join().map_err(|_| anyhow::anyhow!("The import of the models panicked."))??;
        Ok(url)
    })?;
    let port = console::choose_port(options.console_port, &record)?;
    let environment = Environment::new(&record, &url, &console::url(port), &home, &state)?;
    environment.write(&state)?;
    console::start(&deployment::staged_program(&state, "console"), port, &environment, &state, &mut record)?;
    environment.print(&state);
    println!("\nReady after {:.1} s. `cargo xtask down` stops it.", begun.elapsed().as_secs_f64());
    Ok(environment)
}

/// Where the console is, and how the first person signs in.
pub fn print_console(environment: &Environment) -> Result<()> {
    let url = environment.value("QUIRE_CONSOLE_URL");
    match console::invitation(environment)? {
        None => println!("\nThe console: {url}"),
        Some(link) => {
            println!("\nThe console: open this link and choose a password for `admin`. It works once.\n  {link}")
        }
    }
    Ok(())
}

/// Brings the tables up to date. The command does it, because a dependency on sqlx would make this package slow to build.
fn migrate(url: &str) -> Result<()> {
    let mut migrate = Command::new(workspace::built("quire"));
    program::output(migrate.arg("migrate").env("DATABASE_URL", url))?;
    say("PostgreSQL", "the tables are up to date");
    Ok(())
}

/// Stops what `up` started. With `purge`, also deletes its data, logs and records.
pub fn down(directory: &Path, purge: bool) -> Result<()> {
    if !directory.is_dir() {
        say("down", &format!("there is no stack in {}", directory.display()));
        return Ok(());
    }
    let state = State::open(directory)?;
    let mut record = state.read()?;
    console::stop(&record)?;
    localstack::stop(&state, &mut record)?;
    postgres::stop(&record)?;
    let environment = state.path(ENVIRONMENT_FILE);
    if environment.exists() {
        fs::remove_file(&environment).with_context(|| format!("{} could not be removed", environment.display()))?;
    }
    if purge {
        delete(&state, &record)?;
    }
    Ok(())
}

fn delete(state: &State, record: &Record) -> Result<()> {
    if let Some(cluster) = record.get(CLUSTER) {
        workspace::remove_directory(Path::new(cluster))?;
    }
    workspace::remove_directory(state.directory())?;
    say("purged", &state.directory().display().to_string());
    Ok(())
}

/// The wanted port, or the next one that is free.
fn free_port(wanted: u16, what: &str) -> Result<u16> {
    let last = wanted.saturating_add(99);
    // The listener is closed at once. A server that loses the port to another process fails to start and says so.
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let found = (wanted..=last).find(is_free);
    let found =
        found.with_context(|| format!("No port from {wanted} to {last} is free for {what}. Choose another."))?;
    if found != wanted {
        say("port", &format!("{wanted} is taken, so {what} uses {found}"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_s_port_is_left_to_it() {
        let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = stranger.local_addr().unwrap().port();
        assert!(free_port(taken, "the test").unwrap() > taken);
    }
}
