//! `cargo xtask …`: the set-up, the tests, the demonstration and the bench.

mod bench;
mod demo;
mod error;
mod home;
mod program;
mod setup;
mod stack;
mod test;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Automation of the Quire workspace.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing: programs, native libraries, models.
    Setup,
    /// Bring the system up, send the sample volume through it and say where to look.
    Demo,
    /// Set up and start the whole system here: PostgreSQL, LocalStack, the functions. It stays until `down`.
    Up(stack::UpOptions),
    /// End what `up` started.
    Down(stack::DownOptions),
    /// Build the container image of compress, scan and split.
    Image(stack::ImageOptions),
    /// Bring a system of the tests' own up, check format, lints and licences, then run every test.
    Test {
        /// Only the tests whose name contains this; the other checks are left out then.
        filter: Option<String>,
    },
    /// Measure time and memory beside the reference programs that are installed.
    Bench(bench::Options),
    /// Run one program and report its resources (the bench calls this, a process for each measurement).
    #[command(hide = true)]
    Measure(bench::measure::Request),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Setup => setup::run().map(drop),
        Task::Demo => demo::run(),
        Task::Up(options) => stack::up(&options).map(drop),
        Task::Down(options) => stack::down(&options),
        Task::Image(options) => stack::image(&options),
        Task::Test { filter } => test::run(filter.as_deref()),
        Task::Bench(options) => bench::run(&options),
        Task::Measure(request) => bench::measure::report(&request),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
