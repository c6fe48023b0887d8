//! `quire`: a scanned law volume in, its opinions out; here, or in the service.

mod arguments;
mod command;
mod exit;
mod progress;
mod report;
mod service;
mod terminal;
mod upload;
mod watch;

use arguments::{Arguments, Command, ServiceCommand};
use clap::Parser;
use command::operate::{self, Action};
use engine::cancellation::Cancellation;
use exit::Failure;
use service::ServiceError;
use std::process::ExitCode;

fn main() -> ExitCode {
    keep_to_ourselves();
    let arguments = Arguments::parse();
    let cancellation = Cancellation::new();
    if let Err(error) = stop_on_signals(&cancellation) {
        eprintln!("quire: cannot listen for signals: {error}");
        return exit::INTERNAL.into();
    }
    match perform(arguments.command, &cancellation) {
        Ok(status) => status.into(),
        Err(failure) => failure.report(),
    }
}

/// Does what was asked for and gives the exit status.
fn perform(command: Command, cancellation: &Cancellation) -> Result<u8, Failure> {
    match command {
        Command::Process(process) => command::process::run(process, cancellation).map(|()| 0),
        Command::Pair(pair) => command::pair::run(&pair).map(|()| 0),
        Command::Inspect(inspect) => command::inspect::run(inspect, cancellation).map(|()| 0),
        Command::Service(command) => {
            let outcome = perform_in_service(&command, cancellation);
            outcome.map_err(|error| Failure::of_service(&error, command.is_json()))
        }
    }
}

fn perform_in_service(command: &ServiceCommand, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    match command {
        ServiceCommand::Upload(upload) => command::upload::run(upload, cancellation),
        ServiceCommand::Scans(scans) => command::scans::run(scans, cancellation),
        ServiceCommand::Show(show) => command::show::run(show, cancellation),
        ServiceCommand::Watch(watch) => command::watch::run(watch, cancellation),
        ServiceCommand::Retry(retry) => operate::send(Action::Retry, retry, cancellation),
        ServiceCommand::Confirm(confirm) => operate::send(Action::Confirm, confirm, cancellation),
        ServiceCommand::Defer(defer) => operate::defer(defer, cancellation),
        ServiceCommand::Describe(describe) => operate::describe(describe, cancellation),
        ServiceCommand::Cancel(cancel) => operate::act_quietly(Action::Cancel, cancel, cancellation),
        ServiceCommand::Migrate(migrate) => command::migrate::run(migrate, cancellation),
        ServiceCommand::Approve(approve) => operate::act_quietly(Action::Approve, approve, cancellation),
    }
}

/// ONNX Runtime's Linux builds report every session and model to their maker from version 1.29 on, and leave a `.ses` file
/// in the directory for temporary files. Telling its environment not to comes too late; only this variable stops all of it.
#[expect(unsafe_code, reason = "the variable must be in this very process before the library is loaded")]
fn keep_to_ourselves() {
    // SAFETY: called first in main; no other thread runs that could read the environment meanwhile.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}

/// The first signal stops the work in good order; a second one ends the program on the spot.
fn stop_on_signals(cancellation: &Cancellation) -> std::io::Result<()> {
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register_conditional_default(signal, cancellation.flag())?;
        signal_hook::flag::register(signal, cancellation.flag())?;
    }
    Ok(())
}
