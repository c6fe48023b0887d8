//! `scan`: detects and reads one page range.

use pipeline::function::Function;
use pipeline::serve;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Scan)
}
