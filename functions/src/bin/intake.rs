//! `intake`: records an upload as a scan.

use pipeline::function::serve;
use pipeline::writes::Function;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Intake)
}
