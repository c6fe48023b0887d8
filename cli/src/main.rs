#![doc = include_str!("../README.md")]

mod arguments;
mod failure;
mod findings;
mod local;
mod manual;
mod models;
mod progress;
#[cfg(feature = "service")]
mod service;
mod terminal;

use arguments::{Arguments, Command, ModelCommand};
use clap::Parser;
use engine::cancellation::Cancellation;
use failure::ReportedFailure;
use std::process::ExitCode;

fn main() -> ExitCode {
    disable_telemetry();
    let arguments = Arguments::parse();
    let cancellation = Cancellation::new();
    if let Err(error) = stop_on_signals(&cancellation) {
        eprintln!("quire: Signals cannot be handled: {error}.");
        return failure::INTERNAL.into();
    }
    match only_with_service(&arguments).and_then(|()| perform(arguments.command, &cancellation)) {
        Ok(status) => status.into(),
        Err(failure) => failure.report(),
    }
}

/// `--stack` may stand before any command, but only those of the service know what to do with it.
fn only_with_service(arguments: &Arguments) -> Result<(), ReportedFailure> {
    #[cfg(feature = "service")]
    if arguments.stack.is_some() && !matches!(arguments.command, Command::Service(_)) {
        let reason = "This command needs no service, so --stack has no meaning for it.";
        return Err(ReportedFailure::new(domain::FailureCode::CommandArguments, &reason, false));
    }
    let _ = arguments;
    Ok(())
}

/// Runs the command and returns its exit status.
fn perform(command: Command, cancellation: &Cancellation) -> Result<u8, ReportedFailure> {
    match command {
        Command::Process(arguments) => local::process(arguments, cancellation),
        Command::Validate(arguments) => local::validate(arguments, cancellation),
        Command::Pair(arguments) => local::pair(&arguments).map(|()| 0),
        Command::Inspect(arguments) => local::inspect(arguments, cancellation).map(|()| 0),
        Command::Model(ModelCommand::Import(arguments)) => models::import(arguments).map(|()| 0),
        Command::Completions(arguments) => manual::completions(&arguments).map(|()| 0),
        Command::Man(arguments) => manual::manual(&arguments).map(|()| 0),
        #[cfg(feature = "service")]
        Command::Service(command) => service::perform(&command, cancellation),
    }
}

/// From version 1.29 on, ONNX Runtime's Linux builds report every session and model to Microsoft, and leave a `.ses`
/// file in the directory for temporary files. Its API switches that off too late; only this variable prevents all of it.
#[expect(unsafe_code, reason = "the variable must be set in this process before the library is loaded")]
fn disable_telemetry() {
    // SAFETY: this is called first in main, when no other thread can read the environment.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}

/// The first signal shuts the command down cleanly. A second one ends it at once.
fn stop_on_signals(cancellation: &Cancellation) -> std::io::Result<()> {
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register_conditional_default(signal, cancellation.flag())?;
        signal_hook::flag::register(signal, cancellation.flag())?;
    }
    Ok(())
}
