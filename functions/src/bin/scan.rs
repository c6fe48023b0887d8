//! `scan`: detects and reads one page range.

use pipeline::function::serve;
use pipeline::writes::Function;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Scan)
}
