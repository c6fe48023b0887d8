//! The function that checks, cuts and compresses a volume.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipeline::function::serve(pipeline::writes::Function::Compress)
}
