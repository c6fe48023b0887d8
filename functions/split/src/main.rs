//! The function that puts a volume and its opinions together.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipeline::function::serve(pipeline::writes::Function::Split)
}
