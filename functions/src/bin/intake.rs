//! `intake`: records an upload as a scan.

use pipeline::function::Function;
use pipeline::serve;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Intake)
}
