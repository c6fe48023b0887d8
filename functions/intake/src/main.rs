//! The function that an upload wakes: event in, scan and message out.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipeline::function::serve(pipeline::writes::Function::Intake)
}
