//! `quire`: a scanned law volume in, its opinions out.

mod arguments;
mod command;
mod exit;
mod progress;

use arguments::{Arguments, Command};
use clap::Parser;
use engine::cancellation::Cancellation;
use std::process::ExitCode;

fn main() -> ExitCode {
    keep_to_ourselves();
    let arguments = Arguments::parse();
    let cancellation = Cancellation::new();
    if let Err(error) = stop_on_signals(&cancellation) {
        eprintln!("quire: cannot listen for signals: {error}");
        return exit::INTERNAL.into();
    }
    let outcome = match arguments.command {
        Command::Process(process) => command::process::run(process, &cancellation),
        Command::Pair(pair) => command::pair::run(&pair),
        Command::Inspect(inspect) => command::inspect::run(inspect, &cancellation),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
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
