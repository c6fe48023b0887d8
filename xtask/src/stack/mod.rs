//! `cargo xtask up` and `down`: the whole system on this machine. PostgreSQL, LocalStack and the real functions as
//! processes, all on loopback, all below one state directory.

mod database;
mod deployment;
mod environment;
mod error;
mod functions;
mod image;
mod localstack;
mod options;
mod ownership;
mod port;
mod postgres;
mod process;
mod python;
mod record;
mod virtual_environment;

pub use environment::Environment;
pub use error::StackError;
pub use functions::failpoint_features;
pub use image::{ImageOptions, image};
pub use options::{DownOptions, UpOptions};
pub use virtual_environment::ensure_linters;

use crate::error::Error;
use crate::setup;
use record::{Record, State};
use std::time::{Duration, Instant};

/// One line of progress.
fn say(subject: &str, what: &str) {
    println!("stack: {subject:<12} {what}");
}

/// Starts what is not running, deploys what changed, and hands back where everything is. Returns when all is ready;
/// the processes stay.
pub fn up(options: &UpOptions) -> Result<Environment, Error> {
    let begun = Instant::now();
    let home = setup::run()?;
    let server = postgres::Programs::ensure()?;
    let python = virtual_environment::ensure(&home)?;
    let state = State::open(&options.state())?;
    let mut record = state.read()?;
    let plan = deployment::Plan::new(options, &state)?;
    // Both start while the functions are built.
    postgres::start(&server, options, &state, &mut record)?;
    localstack::start(&python, options, &plan, &state, &mut record)?;
    let built = functions::build(options.failpoints)?;
    let staged = functions::stage(&built, &home, &state)?;
    let url = database::prepare(&server, &state, &mut record)?;
    database::migrate(&url)?;
    localstack::wait(&state, &record)?;
    deployment::deploy(&python, &plan, &staged, &url, &state, &mut record)?;
    let environment = Environment::new(&record, &url, &home, &state)?;
    environment.write(&state)?;
    functions::sweep(&staged, &state)?;
    tell(&environment, &state, begun.elapsed());
    Ok(environment)
}

/// Ends what `up` started; with `purge` nothing of it is left.
pub fn down(options: &DownOptions) -> Result<(), Error> {
    let directory = options.state();
    if !directory.is_dir() {
        say("down", &format!("nothing is known of a stack in {}", directory.display()));
        return Ok(());
    }
    let state = State::open(&directory)?;
    let mut record = state.read()?;
    localstack::stop(&state, &mut record)?;
    postgres::stop(&state, &mut record)?;
    state.forget_environment()?;
    if options.purge {
        purge(state, &record)?;
    }
    Ok(())
}

fn purge(state: State, record: &Record) -> Result<(), Error> {
    if let Some(cluster) = &record.cluster {
        ownership::remove(cluster)?;
    }
    say("purged", &state.directory().display().to_string());
    state.remove()
}

fn tell(environment: &Environment, state: &State, elapsed: Duration) {
    println!();
    for (what, place) in environment.places(state) {
        println!("  {what:<12} {place}");
    }
    println!("\nReady after {:.1} s. `cargo xtask down` ends it.", elapsed.as_secs_f64());
}
